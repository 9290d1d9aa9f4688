//! The traits of transports, which carry events between processes.
//!
//! A [`Transport`] gives each handler of a service a [`Consumer`] of its own, and publishes events.
//! The traits are object-safe. A transport that keeps their promises loses nothing; the crate
//! `eventkit-transport-tests` has a test for each promise.
//!
//! | promise | trait |
//! | --- | --- |
//! | A message is delivered again until it is acknowledged or terminated. | [`Acknowledger`] |
//! | A message that a subscription does not select is not settled for a later selection of it. | [`Settlement::Skip`] |
//! | What is recorded about the deliveries of a message outlives the process. | [`DeliveryRecord`] |
//! | A lost consumer returns an error, and a new one continues where it stopped. | [`Consumer`] |
//! | An event is delivered as an event, also if it was published as a raw message. | [`Consumer`] |
//! | A message of a reserved event type is delivered with its headers, and no other one as such. | [`Incoming`] |
//! | A published event is stored before [`publish_event`](Publisher::publish_event) returns. | [`Publisher`] |

pub mod backoff;
mod bounded_map;
mod consumer;
mod error;
mod message;
mod publish_all;
mod publisher;
mod reserved;
mod settlement;
mod shared;
mod subscription;

use std::future::Future;
use std::pin::Pin;

pub use self::bounded_map::BoundedMap;
pub use self::consumer::{Consumer, Transport};
pub use self::error::{TransportError, TransportErrorKind};
pub use self::message::{Incoming, InvalidMessage, MessageMetadata, RawMessage};
pub use self::publish_all::PublishAllError;
pub use self::publisher::{Published, Publisher, PublisherExt};
pub use self::reserved::{
    DEAD_LETTER_PREFIX, REPLAY_PREFIX, ReservedMessage, check_not_reserved, is_reserved,
};
pub use self::settlement::{AckHandle, Acknowledger, DeliveryRecord, Settlement};
pub use self::subscription::{StartPosition, Subscription, SubscriptionInfo, SubscriptionStatus};

/// A boxed future, as the object-safe traits return it.
///
/// ```
/// use eventkit::transport::BoxFuture;
///
/// fn answer<'a>() -> BoxFuture<'a, u32> {
///     Box::pin(async { 42 })
/// }
/// # drop(answer());
/// ```
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
