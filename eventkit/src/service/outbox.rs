//! Events that a handler sends if it succeeds.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use thiserror::Error;
use uuid::Uuid;

use crate::dispatch::{Context, Extract};
use crate::error::{BoxError, BuildError, EncodeError};
use crate::event::Event;
use crate::extension::{CausationId, CorrelationId, Extension, TraceParent, TraceState};
use crate::typed::CloudEvent;

/// Is an outbox that is made when the handler asks for it; most do not.
#[derive(Debug)]
pub(super) struct Unopened {
    /// The durable name of the handler.
    handler: Arc<str>,
    opened: OnceLock<Outbox>,
}

impl Unopened {
    pub(super) fn of(handler: Arc<str>) -> Self {
        Self {
            handler,
            opened: OnceLock::new(),
        }
    }

    fn open(&self, cause: &Event) -> Outbox {
        let open = || Outbox::of(cause.clone(), Arc::clone(&self.handler));
        self.opened.get_or_init(open).clone()
    }

    /// Returns the outbox, if the handler has asked for it.
    pub(super) fn opened(self) -> Option<Outbox> {
        self.opened.into_inner()
    }
}

/// Takes the events that a handler wants to send; they are sent if it succeeds, before its own
/// event is acknowledged.
///
/// Where the handler fails, or is stopped, nothing of it is sent. Where sending fails, the handler
/// counts as failed and is tried again; what has been sent is then sent once more. So that a
/// transport can tell, an event of a derived type whose id no field gives gets one that is the same
/// in each attempt: it follows from the event that is handled, the handler and the place in the
/// outbox.
///
/// What an event does not say itself is set: `correlationid` as the event that is handled has it,
/// or its id; `causationid` as its id (extension correlation); `traceparent` and `tracestate` as it
/// has them (extension distributed tracing).
///
/// ```
/// use eventkit::service::Outbox;
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
/// async fn ship(order: &OrderPlaced, outbox: Outbox) -> Result<(), BoxError> {
///     outbox.send(&OrderShipped { order_id: order.order_id.clone() })?;
///     Ok(())
/// }
///
/// // A test gives the function an outbox of its own.
/// let outbox = Outbox::new();
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(
/// ship(&OrderPlaced { order_id: "A-1".into() }, outbox.clone())
/// # ).map_err(|error| error.to_string())?;
/// assert_eq!(outbox.events()[0].ty(), "co.outcome.order.shipped");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Outbox(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    cause: Option<Cause>,
    contents: Mutex<Contents>,
}

/// What the events follow from.
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

/// Says why an event could not be put into an [`Outbox`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The handler has returned: its events have been sent, or never will be.
    #[error("the handler of the outbox has ended")]
    Closed,
    /// The value could not become an event.
    #[error("the event could not be made")]
    Encode(#[from] EncodeError),
    /// The event could not take the attributes of the one it follows from.
    #[error("the event could not take the attributes of the one it follows from")]
    Build(#[from] BuildError),
}

/// Says that a handler with an outbox is not run by a service.
#[derive(Debug, Error)]
#[error("an `Outbox` is only there where a `Service` runs the handler")]
struct NoService;

impl Outbox {
    /// Makes one that belongs to no event, for tests.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the event of a value.
    ///
    /// # Errors
    ///
    /// Where the value cannot become an event, or the handler has ended.
    pub fn send<E: CloudEvent>(&self, event: &E) -> Result<(), OutboxError> {
        let mut builder = event.event_builder()?;
        let mut contents = self.open()?;
        if builder.parts.id.is_none()
            && let Some(cause) = &self.0.cause
        {
            builder = builder.id(cause.id_of(contents.events.len()));
        }
        let event = builder.build().map_err(EncodeError::from)?;
        contents.events.push(self.follow(event)?);
        Ok(())
    }

    /// Adds an event as it is, with its own id.
    ///
    /// # Errors
    ///
    /// Where the handler has ended.
    pub fn send_event(&self, event: Event) -> Result<(), OutboxError> {
        let mut contents = self.open()?;
        contents.events.push(self.follow(event)?);
        Ok(())
    }

    /// Returns what has been added so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    pub(super) fn of(cause: Event, handler: Arc<str>) -> Self {
        let cause = Cause {
            event: cause,
            handler,
        };
        Self(Arc::new(Inner {
            cause: Some(cause),
            contents: Mutex::default(),
        }))
    }

    pub(super) fn len(&self) -> usize {
        self.lock().events.len()
    }

    /// Forgets what was added after the first ones.
    pub(super) fn forget_after(&self, first: usize) {
        self.lock().events.truncate(first);
    }

    /// Takes everything, and no more after that.
    pub(super) fn close(&self) -> Vec<Event> {
        let mut contents = self.lock();
        contents.closed = true;
        std::mem::take(&mut contents.events)
    }

    fn open(&self) -> Result<MutexGuard<'_, Contents>, OutboxError> {
        let contents = self.lock();
        if contents.closed {
            return Err(OutboxError::Closed);
        }
        Ok(contents)
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0
            .contents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what ties an event to the one it follows from, where it does not say so itself.
    fn follow(&self, mut event: Event) -> Result<Event, BuildError> {
        let Some(Cause { event: cause, .. }) = &self.0.cause else {
            return Ok(event);
        };
        let id = || Some(cause.id().into());
        let inherited = |name: &str| cause.extension(name).cloned();
        let correlation = inherited(CorrelationId::NAME).or_else(id);
        let ties = [
            (CorrelationId::NAME, correlation),
            (CausationId::NAME, id()),
            (TraceParent::NAME, inherited(TraceParent::NAME)),
        ];
        let traced = event.extension(TraceParent::NAME).is_some();
        for (name, value) in ties {
            if let Some(value) = value
                && event.extension(name).is_none()
            {
                event.set_extension(name, value)?;
            }
        }
        // The state belongs to the parent that is there.
        if let (false, None, Some(state)) = (
            traced,
            event.extension(TraceState::NAME),
            inherited(TraceState::NAME),
        ) {
            event.set_extension(TraceState::NAME, state)?;
        }
        Ok(event)
    }
}

impl Cause {
    fn id_of(&self, place: usize) -> String {
        let Self { event, handler } = self;
        let name = [event.source(), event.id(), handler, &place.to_string()].join("\0");
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
    }
}

impl<'a> Extract<'a> for Outbox {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        if let Some(unopened) = context.local::<Unopened>() {
            return Ok(unopened.open(context.event()));
        }
        let opened = context.local::<Self>();
        opened.cloned().ok_or_else(|| NoService.into())
    }
}
