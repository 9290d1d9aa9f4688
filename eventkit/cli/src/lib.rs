#![doc = include_str!("../docs/guide.md")]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(all(feature = "http", feature = "nats", feature = "rabbitmq")),
    allow(
        dead_code,
        unused_imports,
        unused_variables,
        reason = "what one protocol needs is next to what the others need"
    )
)]

mod address;
mod arguments;
mod broker;
mod commands;
mod failure;
#[cfg(feature = "http")]
mod http_client;
mod input;
mod output;
mod progress;
#[cfg(feature = "rabbitmq")]
mod rabbitmq;
mod run;
mod signals;
mod transport;

pub use run::main;
