//! One call of one handler.

use super::context::{CallLocals, Context};
use super::decoded::{DecodedEvent, missing_envelope};
use super::failure::Failure;
use super::handler::Handler;
use super::state::StateMap;
use crate::event::{Attribute, Event};
use crate::typed::{AttributeSource, CloudEvent};

/// One call of one handler, from which the generated code takes the arguments.
#[derive(Debug)]
pub struct Invocation<'a> {
    event: &'a DecodedEvent<'a>,
    states: &'a StateMap,
    context: Option<Context<'a>>,
}

impl<'a> Invocation<'a> {
    /// Returns the invocation of any handler of an event without an envelope.
    #[inline]
    pub(super) fn without_context(event: &'a DecodedEvent<'a>, states: &'a StateMap) -> Self {
        Self {
            event,
            states,
            context: None,
        }
    }

    #[inline]
    pub(super) fn new(
        event: &'a DecodedEvent<'a>,
        handler: &'a Handler,
        states: &'a StateMap,
    ) -> Self {
        let envelope = event.envelope();
        Self {
            event,
            states,
            context: envelope.map(|envelope| Context::new(envelope, handler, states)),
        }
    }

    /// Adds a value for extractors of the caller's own.
    pub(super) fn with_locals(mut self, locals: &'a CallLocals) -> Self {
        self.context = self.context.map(|context| context.with_locals(locals));
        self
    }

    /// Returns the context, for extractors that read the envelope.
    pub(super) fn context(&self) -> Result<&Context<'a>, Failure> {
        // The envelope is made before the first handler runs if any of them reads it.
        self.context.as_ref().ok_or_else(missing_envelope)
    }

    pub(super) fn states(&self) -> &'a StateMap {
        self.states
    }

    /// Returns the value of an extension attribute.
    ///
    /// # Errors
    ///
    /// Returns an error if the attribute is required but absent, or is of another type.
    pub fn extension<A: Attribute>(&self, name: &str) -> Result<A, Failure> {
        Ok(self.context()?.event().read_attribute(name)?)
    }

    // Not inlined: this is the rare way, and handlers of a type share it.
    #[inline(never)]
    fn decoded<T: CloudEvent>(&self) -> Result<&'a T, Failure> {
        self.event.decoded()
    }
}

/// A type of the first parameter of a handler: [`Event`] or an event type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event type",
    label = "the first parameter of a handler is the event",
    note = "add `#[derive(CloudEvent)]` and `#[cloudevent(type = \"..\")]` to `{Self}`, or take `&Event`"
)]
pub trait HandlerEvent: Sized + Send + Sync + 'static {
    /// The event types of this type, or `None` for any.
    const TYPES: Option<&'static [&'static str]>;
    /// Whether this type is an enum over event types.
    const CLOSED_SET: bool;

    /// Returns the event for a handler that borrows it.
    ///
    /// # Errors
    ///
    /// Returns an error if the event is not such a value.
    fn borrow<'a>(invocation: &'a Invocation<'a>) -> Result<&'a Self, Failure>;

    /// Returns the event for a handler that takes it by value.
    ///
    /// # Errors
    ///
    /// Returns an error if the event is not such a value.
    fn own(invocation: &Invocation<'_>) -> Result<Self, Failure>;
}

impl HandlerEvent for Event {
    const TYPES: Option<&'static [&'static str]> = None;
    const CLOSED_SET: bool = false;

    fn borrow<'a>(invocation: &'a Invocation<'a>) -> Result<&'a Self, Failure> {
        invocation.event.envelope().ok_or_else(missing_envelope)
    }

    fn own(invocation: &Invocation<'_>) -> Result<Self, Failure> {
        Self::borrow(invocation).cloned()
    }
}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> HandlerEvent for T {
    const TYPES: Option<&'static [&'static str]> = Some(T::TYPES);
    const CLOSED_SET: bool = T::CLOSED_SET;

    #[inline]
    fn borrow<'a>(invocation: &'a Invocation<'a>) -> Result<&'a Self, Failure> {
        match invocation.event.payload() {
            Some(payload) => Ok(payload),
            None => invocation.decoded(),
        }
    }

    fn own(invocation: &Invocation<'_>) -> Result<Self, Failure> {
        let event = invocation.event;
        if let Some(value) = event.value::<T>() {
            if let Some(clone) = value.try_clone() {
                return Ok(clone);
            }
            if event.envelope().is_none() {
                let made = value.to_event();
                let made = made.map_err(|error| Failure::Extract(error.into()))?;
                return Ok(T::from_event(&made)?);
            }
        }
        Ok(T::from_event(event.decodable_envelope()?)?)
    }
}
