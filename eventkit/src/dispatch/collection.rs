//! The outgoing events of one call of a handler.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use thiserror::Error;
use uuid::Uuid;

use super::derived_id::{self, CauseKey};
use crate::error::EncodeError;
use crate::event::{BuildError, Event, EventBuilder};
use crate::extension::{CausationId, CorrelationId, Extension, TraceParent, TraceState};
use crate::typed::CloudEvent;

/// The cause of events that no handled event causes, as in a dispatch within the process.
const NO_CAUSE: CauseKey<'_> = CauseKey {
    source: "",
    id: "",
    handler: "",
};

/// The outgoing events of a call and what they inherit from the handled event.
#[derive(Debug, Default)]
pub(super) struct Collection {
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
    /// The index of the first event of each source and id, and of each key where ids are random.
    by_id: HashMap<(String, String), usize>,
    /// The indices of the events with an id from their content, by that content.
    by_content: HashMap<Uuid, Vec<usize>>,
    closed: bool,
}

/// The outgoing events of one call, created when they are first used: most handlers send none.
#[derive(Debug, Default)]
pub struct LazyOutgoing {
    cause: Option<Cause>,
    collection: OnceLock<Arc<Collection>>,
}

/// The error of adding an event to [`Outgoing`](super::Outgoing).
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

impl Collection {
    /// Adds the event of a value; one that a variant for other events holds is added as it is.
    pub(super) fn add_value<T: CloudEvent>(
        &self,
        value: &T,
        key: Option<&str>,
    ) -> Result<(), OutgoingError> {
        if T::HAS_OTHER
            && let Some(event) = value.payload().downcast_ref::<Event>()
        {
            // A decoded event may have what a builder refuses.
            return self.add_event(event.clone());
        }
        self.add(value.event_builder()?, key)
    }

    /// Adds the event of a builder, whose id is derived unless it has one.
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
            // Its id is random, and so does not tell whether the key is given twice.
            (None, Some(key)) => contents.claim(NO_CAUSE.id_of_key(&event, key), &event)?,
            (None, None) => {}
        }
        contents.push(self.with_inherited(event)?, content)
    }

    /// Adds an event with its own id.
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

    /// Sets the attributes that an event inherits and does not set itself.
    fn with_inherited(&self, mut event: Event) -> Result<Event, BuildError> {
        let Some(Cause { event: cause, .. }) = &self.cause else {
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
        self.claim(event.id().to_owned(), &event)?;
        if let Some(content) = content {
            let index = self.events.len();
            self.by_content.entry(content).or_default().push(index);
        }
        self.events.push(event);
        Ok(())
    }

    /// Takes an id for the next event, unless another one has it.
    fn claim(&mut self, id: String, event: &Event) -> Result<(), OutgoingError> {
        let id = (event.source().to_owned(), id);
        let first = *self.by_id.entry(id).or_insert(self.events.len());
        let is_other = |first: &Event| derived_id::content(first) != derived_id::content(event);
        if self.events.get(first).is_some_and(is_other) {
            return Err(OutgoingError::SameId(event.to_string()));
        }
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
    /// Returns a collection whose events follow from an event.
    ///
    /// `handler` is the name of the handler of which their ids are derived.
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

    /// Returns whether the collection has been used.
    #[inline]
    pub(super) fn is_used(&self) -> bool {
        self.collection.get().is_some()
    }

    /// Returns the events so far.
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

    /// Removes all but the first events.
    pub fn truncate(&self, len: usize) {
        if let Some(collection) = self.collection.get() {
            collection.lock().truncate(len);
        }
    }

    /// Takes the events, and accepts no more of them.
    pub fn close(&self) -> Vec<Event> {
        let collection = self.collection.get();
        collection
            .map(|collection| collection.close())
            .unwrap_or_default()
    }
}

/// Closes the outgoing events of a call when it ends, also if its future is dropped: what the handler
/// still holds of them accepts no more.
#[derive(Debug)]
pub struct CloseOnDrop<'o>(pub &'o LazyOutgoing);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Clone for LazyOutgoing {
    /// Creates the collection if there is none, so that clones share it.
    fn clone(&self) -> Self {
        Self {
            cause: self.cause.clone(),
            collection: OnceLock::from(Arc::clone(self.collection())),
        }
    }
}
