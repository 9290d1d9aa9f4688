#![doc = include_str!("../docs/guide.md")]

pub mod binding;
mod client;
mod mapping;

pub use self::client::{RabbitMq, RabbitMqBuilder};

// The example of the README is compiled with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
