//! The client: the stream, its consumers, and publishing.

mod acknowledger;
mod active_subscription;
mod api;
mod builder;
mod catch_up;
mod consumer;
mod consumer_info;
mod core_publisher;
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
mod subject_settings;
mod subscriptions;
mod transport;
mod unselected;

pub use self::builder::NatsBuilder;
pub use self::core_publisher::CorePublisher;
pub use self::transport::Nats;
pub use self::unselected::Unselected;
pub use async_nats::jetstream::stream::StorageType as Storage;
