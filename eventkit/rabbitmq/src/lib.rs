#![doc = include_str!("../docs/guide.md")]

pub mod binding;
mod client;
mod mapping;

pub use self::client::{RabbitMq, RabbitMqBuilder};
