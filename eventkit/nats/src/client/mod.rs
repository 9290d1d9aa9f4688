//! The client: the stream, its consumers, and publishing.

mod acknowledger;
mod api;
mod builder;
mod config_mismatch;
mod consumer;
mod consumer_spec;
mod error;
mod publisher;
mod shared;
mod stream;
mod subscriptions;
mod transport;

pub use self::builder::NatsBuilder;
pub use self::transport::Nats;
pub use async_nats::jetstream::stream::StorageType as Storage;
