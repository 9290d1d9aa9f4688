//! Outgoing events of a handler.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use thiserror::Error;
use uuid::Uuid;

use super::derived_id::{self, CauseKey};
use eventkit::event::{BuildError, Event};
use eventkit::extension::{CausationId, CorrelationId, Extension, TraceParent, TraceState};
use eventkit::{BoxError, CloudEvent, Context, EncodeError, Extract, Requirements};

/// Outgoing events, as an extractor: they are published if the handler succeeds, before its own event
/// is acknowledged.
///
/// If the handler fails or is stopped, none of them is published. While their transport is down, the
/// handler has succeeded all the same: it is not run again. Its events are published again and again
/// until the transport has stored them, and the [health](super::SubscriptionHealth::outgoing_error)
/// says why it has not. If the transport rejects an event, for instance because it is too large, the
/// handler counts as failed and is retried.
///
/// # Ids
///
/// A handler may run more than once for an event, for instance after a crash, and then it sends its
/// events again. A transport that detects duplicates stores those once that have the same id. An event
/// whose type has no field for the id gets one that is derived from the source and id of the handled
/// event, from the handler's durable name, and from the content: all attributes but the time, and the
/// data, in which the order of JSON members does not count. Equal events of one attempt are told apart
/// by their ordinal. So what else the handler sends, and in which order, changes no id.
///
/// The id is a UUID of version 5, and the same in every process, on every platform and in every version
/// of this crate. Data that differs each time, such as a random number or the elements of a hash set,
/// needs a key of its own: see [`send_with_key`](Outgoing::send_with_key).
///
/// Source and id tell events apart, whatever their types are. An event of another type that has those of
/// the handled event, as where both have a field for the id, is rejected if it is published to the
/// transport of that one.
///
/// # Inherited attributes
///
/// Attributes that an event does not set itself are inherited: `correlationid` from the handled event,
/// or from its id; `causationid` from its id (correlation extension); `traceparent` and `tracestate`
/// from the handled event (distributed tracing extension).
///
/// ```
/// use eventkit_service::Outgoing;
/// use eventkit::{BoxError, CloudEvent, Registry, handles};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
/// struct OrderPlaced { order_id: String }
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.shipped", source = "/shop")]
/// struct OrderShipped { order_id: String }
///
/// static SHIPPING: Registry = Registry::new("shipping");
///
/// #[handles(registry = SHIPPING)]
/// async fn ship(order: &OrderPlaced, outgoing: Outgoing) -> Result<(), BoxError> {
///     outgoing.send(&OrderShipped { order_id: order.order_id.clone() })?;
///     Ok(())
/// }
///
/// // A test calls the function with an `Outgoing` of its own.
/// let outgoing = Outgoing::new();
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(
/// ship(&OrderPlaced { order_id: "A-1".into() }, outgoing.clone())
/// # ).map_err(|error| error.to_string())?;
/// assert_eq!(outgoing.events()[0].ty(), "co.outcome.order.shipped");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Outgoing(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    cause: Option<Cause>,
    contents: Mutex<Contents>,
}

/// The event that caused the outgoing ones, and its handler.
#[derive(Debug, Clone)]
struct Cause {
    event: Event,
    handler: Arc<str>,
}

#[derive(Debug, Default)]
struct Contents {
    events: Vec<Event>,
    /// The index of the first event of each source and id.
    by_id: HashMap<(String, String), usize>,
    /// The indices of the events with an id from their content, by that content.
    by_content: HashMap<Uuid, Vec<usize>>,
    closed: bool,
}

/// The outgoing events of one attempt, created when they are first used: most handlers send none.
#[derive(Debug)]
pub(crate) struct LazyOutgoing {
    cause: Cause,
    outgoing: OnceLock<Outgoing>,
}

/// The error of adding an event to [`Outgoing`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutgoingError {
    /// The handler has ended: its events were published, or never will be.
    #[error("the handler of the outgoing events has ended")]
    Closed,
    /// The value could not be encoded.
    #[error("failed to encode the event")]
    Encode(#[from] EncodeError),
    /// The handler has sent another event with the same source and id, or of the same type with the
    /// same key: a transport would take one for a duplicate of the other.
    #[error("another event with the same source and id was sent before: {0}")]
    SameId(String),
    /// The event could not inherit the attributes of its cause.
    #[error("failed to inherit the attributes of the handled event")]
    Build(#[from] BuildError),
}

impl Outgoing {
    /// Creates a collection without a handled event, for tests.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the event of a value.
    ///
    /// Unless a field sets the id, it is [derived from the content](Outgoing#ids).
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, if another event with its source and id was
    /// added, or if the handler has ended.
    pub fn send<E: CloudEvent>(&self, event: &E) -> Result<(), OutgoingError> {
        self.add(event, None)
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
    pub fn send_with_key<E: CloudEvent>(&self, event: &E, key: &str) -> Result<(), OutgoingError> {
        self.add(event, Some(key))
    }

    /// Adds an event as it is, with its own id.
    ///
    /// With a random id, each attempt that is published stores the event once more.
    ///
    /// # Errors
    ///
    /// Returns an error if another event with its source and id was added, or if the handler has ended.
    pub fn send_event(&self, event: Event) -> Result<(), OutgoingError> {
        let event = self.with_inherited(event)?;
        self.open()?.push(event, None)
    }

    fn add<E: CloudEvent>(&self, event: &E, key: Option<&str>) -> Result<(), OutgoingError> {
        let builder = event.event_builder()?;
        let has_id = builder.has_id();
        let mut event = builder.build().map_err(EncodeError::from)?;
        let mut contents = self.open()?;
        let mut content = None;
        if let Some(cause) = &self.0.cause
            && !has_id
        {
            event.set_id(if let Some(key) = key {
                cause.key().id_of_key(&event, key)
            } else {
                let own = *content.insert(derived_id::content(&event));
                cause.key().id_of_content(own, contents.ordinal(own))
            })?;
        }
        contents.push(self.with_inherited(event)?, content)
    }

    /// Returns the events that were added so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().events.len()
    }

    /// Removes all but the first events.
    pub(crate) fn truncate(&self, len: usize) {
        self.lock().truncate(len);
    }

    fn close(&self) -> Vec<Event> {
        let mut contents = self.lock();
        contents.closed = true;
        std::mem::take(&mut contents.events)
    }

    fn open(&self) -> Result<MutexGuard<'_, Contents>, OutgoingError> {
        let contents = self.lock();
        if contents.closed {
            return Err(OutgoingError::Closed);
        }
        Ok(contents)
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0
            .contents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the attributes that an event inherits and does not set itself.
    fn with_inherited(&self, mut event: Event) -> Result<Event, BuildError> {
        let Some(Cause { event: cause, .. }) = &self.0.cause else {
            return Ok(event);
        };
        let id = || Some(cause.id().into());
        let inherited = |name: &str| cause.extension(name).cloned();
        let correlation = inherited(CorrelationId::NAME).or_else(id);
        let attributes = [
            (CorrelationId::NAME, correlation),
            (CausationId::NAME, id()),
            (TraceParent::NAME, inherited(TraceParent::NAME)),
        ];
        let has_parent = event.extension(TraceParent::NAME).is_some();
        for (name, value) in attributes {
            if let Some(value) = value
                && event.extension(name).is_none()
            {
                event.set_extension(name, value)?;
            }
        }
        // The trace state belongs to the trace parent it came with.
        if let (false, None, Some(state)) = (
            has_parent,
            event.extension(TraceState::NAME),
            inherited(TraceState::NAME),
        ) {
            event.set_extension(TraceState::NAME, state)?;
        }
        Ok(event)
    }
}

impl Contents {
    /// Returns the number of events with an id from this content.
    fn ordinal(&self, content: Uuid) -> usize {
        self.by_content.get(&content).map_or(0, Vec::len)
    }

    /// Adds an event, with the content that its id was derived from, if it was.
    fn push(&mut self, event: Event, content: Option<Uuid>) -> Result<(), OutgoingError> {
        let index = self.events.len();
        let id = (event.source().to_owned(), event.id().to_owned());
        let first = *self.by_id.entry(id).or_insert(index);
        let is_other = |first: &Event| derived_id::content(first) != derived_id::content(&event);
        if self.events.get(first).is_some_and(is_other) {
            return Err(OutgoingError::SameId(event.to_string()));
        }
        if let Some(content) = content {
            self.by_content.entry(content).or_default().push(index);
        }
        self.events.push(event);
        Ok(())
    }

    /// Removes all but the first events.
    fn truncate(&mut self, len: usize) {
        self.events.truncate(len);
        self.by_id.retain(|_, index| *index < len);
        for indices in self.by_content.values_mut() {
            indices.retain(|index| *index < len);
        }
    }
}

impl Cause {
    fn key(&self) -> CauseKey<'_> {
        CauseKey {
            source: self.event.source(),
            id: self.event.id(),
            handler: &self.handler,
        }
    }
}

impl LazyOutgoing {
    pub(crate) fn caused_by(event: Event, handler: Arc<str>) -> Self {
        Self {
            cause: Cause { event, handler },
            outgoing: OnceLock::new(),
        }
    }

    pub(crate) fn get(&self) -> &Outgoing {
        self.outgoing.get_or_init(|| {
            Outgoing(Arc::new(Inner {
                cause: Some(self.cause.clone()),
                contents: Mutex::default(),
            }))
        })
    }

    /// Takes the events, and accepts no more of them.
    pub(crate) fn close(&self) -> Vec<Event> {
        self.outgoing.get().map(Outgoing::close).unwrap_or_default()
    }
}

impl Clone for LazyOutgoing {
    /// Creates the collection if there is none, so that clones share it.
    fn clone(&self) -> Self {
        Self {
            cause: self.cause.clone(),
            outgoing: OnceLock::from(self.get().clone()),
        }
    }
}

impl<'a> Extract<'a> for Outgoing {
    fn requires(requirements: &mut Requirements) {
        requirements.publisher();
    }

    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        let own = context.local::<LazyOutgoing>();
        let own = own.ok_or("`Outgoing` can only be extracted if a `Service` runs the handler")?;
        Ok(own.get().clone())
    }
}
