#![doc = include_str!("../docs/guide.md")]

mod client;
mod mapping;

pub use self::client::{Nats, NatsBuilder, Storage};
