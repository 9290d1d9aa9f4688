//! The traits of transports, which carry events between processes.
//!
//! A [`Transport`] opens a [`Consumer`] for each handler of a service, and publishes events. The
//! traits are object-safe. A transport that keeps the promises below does not lose messages; the crate
//! `eventkit-transport-tests` has a test for each of them.
//!
//! | promise | trait |
//! | --- | --- |
//! | A message is delivered again until it is acknowledged or terminated. | [`Acknowledger`] |
//! | A message that the subscription does not select can still be delivered to a later selection. | [`Settlement::Skip`] |
//! | The record of a message's deliveries outlives the process. | [`DeliveryRecord`] |
//! | A lost consumer returns an error, and a new one continues where it stopped. | [`Consumer`] |
//! | An event is delivered as an event, even if it was published as a raw message. | [`Consumer`] |
//! | A message of a reserved event type is delivered with its headers; no other message is mistaken for one. | [`Incoming`] |
//! | A published event is stored before [`publish_event`](Publisher::publish_event) returns, or reported as [unrouted](Published::unrouted). | [`Publisher`] |

pub mod backoff;
mod bounded_map;
mod consumer;
pub(crate) mod current_trace;
mod destination;
mod error;
mod message;
#[cfg(feature = "otel")]
pub(crate) mod otel;
mod publish_all;
mod publisher;
mod reserved;
mod selections;
mod settlement;
mod shared;
mod subscription;
#[cfg(feature = "tracing")]
pub mod telemetry;
pub(crate) mod trace_context;

use std::future::Future;
use std::pin::Pin;

pub use self::bounded_map::BoundedMap;
pub use self::consumer::{Consumer, Transport};
pub use self::current_trace::{with_current_trace, with_current_trace_all};
pub use self::destination::Destination;
pub use self::error::{TransportError, TransportErrorKind};
pub use self::message::{Incoming, InvalidMessage, MessageMetadata, RawMessage};
pub use self::publish_all::PublishAllError;
pub use self::publisher::{Published, Publisher, PublisherExt};
pub use self::reserved::{
    DEAD_LETTER_PREFIX, REPLAY_PREFIX, ReservedMessage, check_not_reserved, is_reserved,
};
pub use self::selections::{SelectionRole, Selections};
pub use self::settlement::{AckHandle, Acknowledger, DeliveryRecord, Settlement};
pub use self::subscription::{StartPosition, Subscription, SubscriptionInfo, SubscriptionStatus};
pub use crate::error::with_causes;

/// A boxed future, as returned by the object-safe traits.
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
