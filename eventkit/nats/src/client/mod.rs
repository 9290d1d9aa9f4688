//! The client: the stream, its consumers, and publishing.

mod acknowledgements;
mod acknowledger;
mod active_subscription;
mod aliases;
mod api;
mod builder;
mod builder_subjects;
mod catch_up;
mod consumer;
mod consumer_api;
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
mod undelivered;
mod unselected;
mod unsettled;

pub use self::builder::NatsBuilder;
pub use self::core_publisher::CorePublisher;
pub use self::transport::Nats;
pub use self::unselected::Unselected;
pub use async_nats::jetstream::stream::StorageType as Storage;
