//! The client: the stream, its consumers, and publishing.

mod acknowledger;
mod api;
mod builder;
mod config_mismatch;
mod consumer;
mod consumer_spec;
mod core_publisher;
mod error;
mod publisher;
mod shared;
mod stream;
mod subject_settings;
mod subscriptions;
mod transport;
mod unselected;

pub use self::builder::NatsBuilder;
pub use self::core_publisher::CorePublisher;
pub use self::transport::Nats;
pub use self::unselected::Unselected;
pub use async_nats::jetstream::stream::StorageType as Storage;
