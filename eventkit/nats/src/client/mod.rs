//! The client: the stream, its consumers, and publishing.

mod acknowledger;
mod active_subscription;
mod api;
mod builder;
mod consumer;
mod consumer_info;
mod delivery_records;
mod durable;
mod error;
mod keeper;
mod publisher;
mod selection;
mod settings;
mod shared;
mod state;
mod stream;
mod subscriptions;
mod transport;

pub use self::builder::NatsBuilder;
pub use self::transport::Nats;
pub use async_nats::jetstream::stream::StorageType as Storage;
