//! Outgoing events of a handler.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::collection::{Collection, LazyOutgoing, OutgoingError};
use crate::event::Event;
use crate::typed::{CloudEvent, EventSet, Includes};

/// Outgoing events, as an extractor: a handler adds events to it beside those that it returns.
///
/// `Outgoing<E>` takes the events of a set alone, which the compiler checks: of an enum that derives
/// [`CloudEvent`], or of one event type. `Outgoing` takes any.
///
/// Events count if the handler succeeds. If it fails or is stopped, they are dropped.
///
/// - In a dispatch within the process, they are in the report: see [`Report::events`].
/// - A service publishes them before it acknowledges the handled event. While their transport is down,
///   the handler has succeeded all the same: it is not run again. Its events are published again and
///   again until the transport has stored them, and the health of the subscription says why it has not.
///   If the transport rejects an event, for instance because it is too large, the handler counts as
///   failed and is retried.
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
/// A service may run a handler more than once for an event, for instance after a crash, and then the
/// handler sends its events again. A transport that detects duplicates stores those once that have the
/// same id. An event whose type has no field for the id gets one that is derived from the source and id
/// of the handled event, from the handler's durable name, and from the content: all attributes but the
/// time, and the data, in which the order of JSON members does not count. Equal events of one attempt
/// are told apart by their ordinal. So what else the handler sends, and in which order, changes no id.
///
/// The id is a UUID of version 5, and the same in every process, on every platform and in every version
/// of this crate. Data that differs each time, such as a random number or the elements of a hash set,
/// needs a key of its own: see [`send_with_key`](Outgoing::send_with_key).
///
/// In a dispatch within the process the id is random.
///
/// Source and id tell events apart, whatever their types are. An event of another type that has those of
/// the handled event, as where both have a field for the id, is rejected if it is published to the
/// transport of that one.
///
/// # Inherited attributes
///
/// In a service, attributes that an event does not set itself are inherited: `correlationid` from the
/// handled event, or from its id; `causationid` from its id (correlation extension); `traceparent` and
/// `tracestate` from the handled event (distributed tracing extension).
///
/// [`Report::events`]: super::Report::events
pub struct Outgoing<E = Event> {
    collection: Arc<Collection>,
    set: PhantomData<fn() -> E>,
}

impl<E: EventSet> Outgoing<E> {
    /// Creates a collection without a handled event, for tests.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Arc::default())
    }

    /// Adds the event of a value.
    ///
    /// Unless a field sets the id, it is [derived from the content](Outgoing#ids).
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, if another event with its source and id was
    /// added, or if the handler has ended.
    pub fn send<T: CloudEvent>(&self, event: &T) -> Result<(), OutgoingError>
    where
        E: Includes<T>,
    {
        self.collection.add_value(event, None)
    }

    /// Adds the event of a value whose content differs in each attempt.
    ///
    /// Unless a field sets the id, it is derived from the handled event, the handler, the source and
    /// type of the added event, and the key. The key has to be the same in each attempt, and differ
    /// from those of the other events of this type that the handler sends for an event. If an attempt
    /// stored an event with the key before, that one stays.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, if another event of its type with this key was
    /// added, or if the handler has ended.
    pub fn send_with_key<T: CloudEvent>(&self, event: &T, key: &str) -> Result<(), OutgoingError>
    where
        E: Includes<T>,
    {
        self.collection.add_value(event, Some(key))
    }

    /// Returns the events that were added so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.collection.events()
    }
}

impl Outgoing {
    /// Adds an event as it is, with its own id.
    ///
    /// With a random id, each attempt that is published stores the event once more.
    ///
    /// # Errors
    ///
    /// Returns an error if another event with its source and id was added, or if the handler has ended.
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
    /// Returns the same collection.
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
