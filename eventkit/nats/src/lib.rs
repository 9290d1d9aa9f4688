#![doc = include_str!("../docs/guide.md")]

pub mod binding;
mod client;
mod mapping;

pub use self::client::{CorePublisher, Nats, NatsBuilder, Storage, Unselected};

// Compiles the example of the README together with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
