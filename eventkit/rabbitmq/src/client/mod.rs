//! The client: connections, queues, consumers, and publishing.

mod acknowledger;
mod builder;
mod checked_stream;
mod consumer;
mod consumer_state;
mod delays;
mod deliveries;
mod delivery_tag;
mod entry;
mod error;
mod frames;
mod keeper;
mod link;
#[cfg(feature = "management")]
mod management;
#[cfg(feature = "management")]
mod operators;
mod publisher;
mod publishing;
mod queue;
mod received;
mod received_message;
mod record;
mod security;
mod shared;
mod state;
mod state_log;
mod subscriptions;
mod transport;

pub use self::builder::RabbitMqBuilder;
pub use self::transport::RabbitMq;
