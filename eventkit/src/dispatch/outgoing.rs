//! The extractor of outgoing events.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::collection::{Collection, LazyOutgoing, OutgoingError};
use crate::event::Event;
use crate::typed::{CloudEvent, EventSet, Includes};

/// An extractor that sends events, in addition to those that the handler returns.
///
/// `Outgoing<E>` only accepts events of a set, which the compiler checks: those of an enum that
/// derives [`CloudEvent`], or of one event type. `Outgoing` accepts any event.
///
/// If the handler fails or is stopped, its events are dropped. If it succeeds:
///
/// - In a dispatch outside a service, they are in the report, see [`Report::events`].
/// - A service publishes them before it acknowledges the handled event. While the transport is
///   unavailable, the service retries publishing without running the handler again, and the health
///   of the subscription shows the error. If the transport rejects an event, for example because it
///   is too large, the attempt has failed and the handler is retried.
///
/// ```
/// use eventkit::{BoxError, CloudEvent, Outgoing, Registry, handles};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
/// struct OrderPlaced { order_id: String }
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.charged", source = "/shop")]
/// struct OrderCharged { order_id: String }
///
/// #[derive(CloudEvent)]
/// enum ShopEvent {
///     Placed(OrderPlaced),
///     Charged(OrderCharged),
/// }
///
/// static CHARGING: Registry = Registry::new("charging");
///
/// #[handles(registry = CHARGING)]
/// fn charge(order: &OrderPlaced, outgoing: Outgoing<ShopEvent>) -> Result<(), BoxError> {
///     outgoing.send(&OrderCharged { order_id: order.order_id.clone() })?;
///     Ok(())
/// }
///
/// let report = CHARGING.dispatch(&OrderPlaced { order_id: "A-1".into() })?;
/// assert_eq!(report.events()[0].ty(), OrderCharged::TYPE);
///
/// // A unit test calls the function with an `Outgoing` of its own.
/// let outgoing = Outgoing::new();
/// charge(&OrderPlaced { order_id: "A-1".into() }, outgoing.clone()).unwrap();
/// assert_eq!(outgoing.events()[0].ty(), OrderCharged::TYPE);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Ids
///
/// A service may run a handler more than once for an event, for example after a crash, and the
/// handler then sends its events again. A transport that detects duplicates stores events with the
/// same id only once. If its type has no field for the id, an event gets an id that is derived from
/// the source and id of the handled event, the durable name of the handler, and the content. The
/// content is the data and all attributes except the time and the trace context; the order of JSON
/// members is ignored.
/// Equal events of one attempt are distinguished by their ordinal. So the id does not depend on
/// which other events the handler sends, or in which order.
///
/// The id is a version 5 UUID, and is the same in every process, on every platform and in every
/// version of this crate. If the data differs between attempts, such as a random number or the
/// elements of a hash set, use [`send_with_key`](Outgoing::send_with_key).
///
/// In a dispatch outside a service, the id is random.
///
/// Source and id identify an event, regardless of its type. An event of another type with the source
/// and id of the handled event, for example because both types have a field for the id, is rejected
/// if it is published to the transport of the handled event.
///
/// # Inherited attributes
///
/// In a service, an event inherits the attributes that it does not set itself: `correlationid` from
/// the handled event, or from its id if it has none; `causationid` from its id (correlation
/// extension); `traceparent` and `tracestate` from the handled event (distributed tracing
/// extension). With OpenTelemetry (feature `otel`), the last two are those of the current span, which
/// belongs to the same trace.
///
/// [`Report::events`]: super::Report::events
pub struct Outgoing<E = Event> {
    collection: Arc<Collection>,
    set: PhantomData<fn() -> E>,
}

impl<E: EventSet> Outgoing<E> {
    /// Creates a collection without a handled event, for tests of handlers.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Arc::default())
    }

    /// Sends the event of a value.
    ///
    /// Unless a field sets the id, the id is [derived from the content](Outgoing#ids).
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, if an event with its source and id was
    /// already sent, or if the handler has ended.
    pub fn send<T: CloudEvent>(&self, event: &T) -> Result<(), OutgoingError>
    where
        E: Includes<T>,
    {
        self.collection.add_value(event, None)
    }

    /// Sends the event of a value whose content differs in each attempt.
    ///
    /// Unless a field sets the id, the id is derived from the handled event, the handler, the
    /// source and type of the sent event, and the key. The key must be the same in each attempt,
    /// and differ from the keys of the other events of this type that the handler sends for the
    /// handled event. If an earlier attempt stored an event with the key, that event is kept.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, if an event of its type was already sent
    /// with this key, or if the handler has ended.
    pub fn send_with_key<T: CloudEvent>(&self, event: &T, key: &str) -> Result<(), OutgoingError>
    where
        E: Includes<T>,
    {
        self.collection.add_value(event, Some(key))
    }

    /// Returns the events sent so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.collection.events()
    }
}

impl Outgoing {
    /// Sends an event unchanged, with its own id.
    ///
    /// If its id is random, each published attempt stores the event again.
    ///
    /// # Errors
    ///
    /// Returns an error if an event with its source and id was already sent, or if the handler has
    /// ended.
    pub fn send_event(&self, event: Event) -> Result<(), OutgoingError> {
        self.collection.add_event(event)
    }
}

impl<E> Outgoing<E> {
    fn of(collection: Arc<Collection>) -> Self {
        Self {
            collection,
            set: PhantomData,
        }
    }

    pub(super) fn of_call(outgoing: &LazyOutgoing) -> Self {
        Self::of(Arc::clone(outgoing.collection()))
    }
}

impl<E> Clone for Outgoing<E> {
    /// Returns a handle to the same collection.
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.collection))
    }
}

impl<E: EventSet> Default for Outgoing<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> fmt::Debug for Outgoing<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Outgoing").field(&self.collection).finish()
    }
}
