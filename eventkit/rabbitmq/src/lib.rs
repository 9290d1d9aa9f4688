#![doc = include_str!("../docs/guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod binding;
mod client;
mod mapping;

pub use self::client::{RabbitMq, RabbitMqBuilder};

// The example of the README is compiled with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
