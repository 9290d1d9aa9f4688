//! The outgoing events of a call of a handler.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use thiserror::Error;
use uuid::Uuid;

use super::derived_id::{self, CauseKey};
use crate::error::EncodeError;
use crate::event::{BuildError, Event, EventBuilder};
use crate::extension::{CausationId, CorrelationId, Extension, TraceParent, TraceState};
use crate::transport::current_trace;
use crate::transport::trace_context::TraceContext;
use crate::typed::CloudEvent;

/// The cause of events that are sent outside a service, where they have no handled event.
const NO_CAUSE: CauseKey<'_> = CauseKey {
    source: "",
    id: "",
    handler: "",
};

/// The outgoing events of a call, and the attributes that they inherit from the handled event.
#[derive(Debug, Default)]
pub(super) struct Collection {
    cause: Option<Cause>,
    contents: Mutex<Contents>,
}

/// The handled event and its handler, which cause the outgoing events.
#[derive(Debug, Clone)]
struct Cause {
    event: Event,
    handler: Arc<str>,
}

#[derive(Debug, Default)]
struct Contents {
    events: Vec<Event>,
    /// The index of the first event with a source and id, or with a key if ids are random.
    by_id: HashMap<(String, String), usize>,
    /// The indices of the events whose id is derived from their content, by the digest of that
    /// content.
    by_content: HashMap<Uuid, Vec<usize>>,
    closed: bool,
}

/// The outgoing events of a call, allocated on first use because most handlers do not send events.
#[derive(Debug, Default)]
pub struct LazyOutgoing {
    cause: Option<Cause>,
    collection: OnceLock<Arc<Collection>>,
}

/// The error returned when an event cannot be sent through [`Outgoing`](super::Outgoing).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutgoingError {
    /// The handler has ended, and its events were already published or dropped.
    #[error("the handler has already ended")]
    Closed,
    /// The event could not be encoded.
    #[error("failed to encode the event")]
    Encode(#[from] EncodeError),
    /// The handler already sent an event with this source and id, or of this type with this key. A
    /// transport would drop one of them as a duplicate.
    #[error("an event with the same source and id was already sent: {0}")]
    SameId(String),
    /// The event could not inherit the attributes of the handled event.
    #[error("failed to inherit the attributes of the handled event")]
    Build(#[from] BuildError),
}

impl Collection {
    /// Adds the event of a value. The event of a variant for other events is added unchanged.
    pub(super) fn add_value<T: CloudEvent>(
        &self,
        value: &T,
        key: Option<&str>,
    ) -> Result<(), OutgoingError> {
        if T::HAS_OTHER
            && let Some(event) = value.payload().downcast_ref::<Event>()
        {
            // A decoded event may have attributes that a builder refuses.
            return self.add_event(event.clone());
        }
        self.add(value.event_builder()?, key)
    }

    /// Adds the event of a builder. Its id is derived unless the builder has one.
    fn add(&self, builder: EventBuilder, key: Option<&str>) -> Result<(), OutgoingError> {
        let has_id = builder.has_id();
        let mut event = builder.build().map_err(EncodeError::from)?;
        let mut contents = self.open()?;
        let mut content = None;
        match (&self.cause, key) {
            _ if has_id => {}
            (Some(cause), Some(key)) => {
                event.set_id(cause.key().id_of_key(&event, key))?;
            }
            (Some(cause), None) => {
                let own = *content.insert(derived_id::content(&event));
                event.set_id(cause.key().id_of_content(own, contents.ordinal(own)))?;
            }
            // The id is random, so only the key shows whether it was used before.
            (None, Some(key)) => contents.claim(NO_CAUSE.id_of_key(&event, key), &event)?,
            (None, None) => {}
        }
        contents.push(self.with_inherited(event)?, content)
    }

    /// Adds an event that has its own id.
    pub(super) fn add_event(&self, event: Event) -> Result<(), OutgoingError> {
        let event = self.with_inherited(event)?;
        self.open()?.push(event, None)
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
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
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the inherited attributes that the event does not set itself.
    fn with_inherited(&self, mut event: Event) -> Result<Event, BuildError> {
        let Some(Cause { event: cause, .. }) = &self.cause else {
            return Ok(event);
        };
        let id = || Some(cause.id().into());
        let inherited = |name: &str| cause.extension(name).cloned();
        let correlation = inherited(CorrelationId::NAME).or_else(id);
        // The span that handles the event belongs to its trace, if one is followed.
        let (parent, state) = match current_trace::current().map(TraceContext::into_attributes) {
            Some((parent, state)) => (Some(parent), state),
            None => (inherited(TraceParent::NAME), inherited(TraceState::NAME)),
        };
        // A `tracestate` belongs to its `traceparent`, so it is not combined with another one.
        let has_parent = event.extension(TraceParent::NAME).is_some();
        let attributes = [
            (CorrelationId::NAME, correlation),
            (CausationId::NAME, id()),
            (TraceParent::NAME, parent),
            (TraceState::NAME, state.filter(|_| !has_parent)),
        ];
        for (name, value) in attributes {
            if let Some(value) = value
                && event.extension(name).is_none()
            {
                event.set_extension(name, value)?;
            }
        }
        Ok(event)
    }
}

impl Contents {
    /// Returns the number of events whose id is derived from this content.
    fn ordinal(&self, content: Uuid) -> usize {
        self.by_content.get(&content).map_or(0, Vec::len)
    }

    /// Adds an event, and the content that its id is derived from if there is one.
    fn push(&mut self, event: Event, content: Option<Uuid>) -> Result<(), OutgoingError> {
        self.claim(event.id().to_owned(), &event)?;
        if let Some(content) = content {
            let index = self.events.len();
            self.by_content.entry(content).or_default().push(index);
        }
        self.events.push(event);
        Ok(())
    }

    /// Reserves an id for the next event, or returns an error if an earlier event has it.
    fn claim(&mut self, id: String, event: &Event) -> Result<(), OutgoingError> {
        let id = (event.source().to_owned(), id);
        let first = *self.by_id.entry(id).or_insert(self.events.len());
        let is_other = |first: &Event| derived_id::content(first) != derived_id::content(event);
        if self.events.get(first).is_some_and(is_other) {
            return Err(OutgoingError::SameId(event.to_string()));
        }
        Ok(())
    }

    /// Keeps the first `len` events, and removes all others.
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
    /// Returns an empty collection for the events that a handled event causes.
    ///
    /// `handler` is the handler name that their ids are derived from.
    #[must_use]
    pub fn caused_by(event: Event, handler: Arc<str>) -> Self {
        Self {
            cause: Some(Cause { event, handler }),
            collection: OnceLock::new(),
        }
    }

    pub(super) fn collection(&self) -> &Arc<Collection> {
        self.collection.get_or_init(|| {
            Arc::new(Collection {
                cause: self.cause.clone(),
                contents: Mutex::default(),
            })
        })
    }

    /// Returns whether the collection was ever used.
    #[inline]
    pub(super) fn is_used(&self) -> bool {
        self.collection.get().is_some()
    }

    /// Returns the events sent so far.
    pub(super) fn events(&self) -> Vec<Event> {
        let collection = self.collection.get();
        collection.map_or_else(Vec::new, |collection| collection.events())
    }

    /// Returns the number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        let collection = self.collection.get();
        collection.map_or(0, |collection| collection.lock().events.len())
    }

    /// Returns whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the first `len` events, and removes all others.
    pub fn truncate(&self, len: usize) {
        if let Some(collection) = self.collection.get() {
            collection.lock().truncate(len);
        }
    }

    /// Returns the events, and closes the collection.
    pub fn close(&self) -> Vec<Event> {
        let collection = self.collection.get();
        collection
            .map(|collection| collection.close())
            .unwrap_or_default()
    }
}

/// Closes the outgoing events of a call when the call ends or its future is dropped. After that, a
/// handler that kept the collection can no longer send events.
#[derive(Debug)]
pub struct CloseOnDrop<'o>(pub &'o LazyOutgoing);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Clone for LazyOutgoing {
    /// Creates the collection if it does not exist yet, so that the clones share it.
    fn clone(&self) -> Self {
        Self {
            cause: self.cause.clone(),
            collection: OnceLock::from(Arc::clone(self.collection())),
        }
    }
}
