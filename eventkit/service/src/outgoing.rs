//! Outgoing events of a handler.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use thiserror::Error;
use uuid::Uuid;

use eventkit::event::{BuildError, Event};
use eventkit::extension::{CausationId, CorrelationId, Extension, TraceParent, TraceState};
use eventkit::{BoxError, CloudEvent, Context, EncodeError, Extract, Requirements};

/// Outgoing events, as an extractor: they are published if the handler succeeds, before its own event
/// is acknowledged.
///
/// If the handler fails or is stopped, none of them is published. If publishing fails, the handler
/// counts as failed and is retried, and events that were published already are published again. For a
/// transport to recognize them, an event of a derived type whose id is not given by a field gets one
/// that is the same in each attempt: it is derived from the handled event, the handler and the
/// position among the outgoing events.
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
    closed: bool,
}

/// The outgoing events of one attempt, created when they are first used: most handlers send none.
#[derive(Debug, Clone)]
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
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the handler has ended.
    pub fn send<E: CloudEvent>(&self, event: &E) -> Result<(), OutgoingError> {
        let mut builder = event.event_builder()?;
        let mut contents = self.open()?;
        if !builder.has_id()
            && let Some(cause) = &self.0.cause
        {
            builder = builder.id(cause.derived_id(contents.events.len()));
        }
        let event = builder.build().map_err(EncodeError::from)?;
        contents.events.push(self.with_inherited(event)?);
        Ok(())
    }

    /// Adds an event as it is, with its own id.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler has ended.
    pub fn send_event(&self, event: Event) -> Result<(), OutgoingError> {
        let mut contents = self.open()?;
        contents.events.push(self.with_inherited(event)?);
        Ok(())
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
        self.lock().events.truncate(len);
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

impl Cause {
    fn derived_id(&self, index: usize) -> String {
        let Self { event, handler } = self;
        let name = [event.source(), event.id(), handler, &index.to_string()].join("\0");
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
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

    /// Returns a clone with the same events.
    pub(crate) fn shared(&self) -> Self {
        self.get();
        self.clone()
    }

    /// Takes the events, and accepts no more of them.
    pub(crate) fn close(&self) -> Vec<Event> {
        self.outgoing.get().map(Outgoing::close).unwrap_or_default()
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
