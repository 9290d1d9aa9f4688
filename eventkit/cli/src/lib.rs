#![doc = include_str!("../docs/guide.md")]
#![forbid(unsafe_code)]

mod address;
mod arguments;
mod broker;
mod commands;
mod failure;
mod input;
mod output;
mod progress;
#[cfg(feature = "rabbitmq")]
mod rabbitmq;
mod run;
mod signals;
mod transport;

pub use run::main;
