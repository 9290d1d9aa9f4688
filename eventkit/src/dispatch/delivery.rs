//! One event on its way to its handlers.

use std::any::{Any, TypeId};
use std::sync::{Arc, OnceLock};

use super::context::Companion;
use super::context::Context;
use super::extract::{Extract, MissingEvent};
use super::failure::Failure;
use super::handler::Handler;
use super::slot::{Decode, Slot, decode};
use super::state::States;
use crate::error::DecodeError;
use crate::event::{Attribute, Event};
use crate::typed::{AttributeSource, CloudEvent};

/// A typed value, whatever its type.
pub(crate) type Value = dyn Any + Send + Sync;

/// Holds an event in both forms, the typed value and the envelope; each is made at most once.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// What most handlers take of the typed value: of an enum, what its variant holds.
    payload: Option<&'a Value>,
    /// The typed value.
    value: Option<&'a Value>,
    event: Option<&'a Event>,
    decoded: OnceLock<Decoded>,
}

/// A value that was decoded from the envelope, and the ones of other types after it.
#[derive(Debug)]
struct Decoded {
    ty: TypeId,
    slot: Result<Box<dyn Slot>, Arc<DecodeError>>,
    next: OnceLock<Box<Decoded>>,
}

impl<'a> Message<'a> {
    pub(crate) fn new(values: Option<[&'a Value; 2]>, event: Option<&'a Event>) -> Self {
        Self {
            payload: values.map(|[_, payload]| payload),
            value: values.map(|[value, _]| value),
            event,
            decoded: OnceLock::new(),
        }
    }

    pub(super) fn event(&self) -> Option<&'a Event> {
        self.event
    }

    /// Decodes the envelope, or finds what has been decoded before. It is compiled once, and not for
    /// each type.
    fn decoded(&self, ty: TypeId, decode: Decode) -> Result<&Value, Failure> {
        let mut decoded = self.decoded.get_or_init(|| self.decode(ty, decode));
        while decoded.ty != ty {
            let next = || Box::new(self.decode(ty, decode));
            decoded = decoded.next.get_or_init(next);
        }
        match &decoded.slot {
            Ok(slot) => slot.value().ok_or_else(missing_event),
            Err(error) => Err(Failure::Decode(Arc::clone(error))),
        }
    }

    fn decode(&self, ty: TypeId, decode: Decode) -> Decoded {
        let slot = envelope(self.event).and_then(|event| decode(event, None));
        Decoded {
            ty,
            slot: slot.map_err(Arc::new),
            next: OnceLock::new(),
        }
    }
}

fn envelope(event: Option<&Event>) -> Result<&Event, DecodeError> {
    event.ok_or_else(|| DecodeError::not_an_event("the event has no envelope"))
}

fn missing_event() -> Failure {
    Failure::Extract(MissingEvent.into())
}

/// Is what the code that `#[handles]` generates gets for one call of one handler.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// What most handlers take of a typed value.
    payload: Option<&'a Value>,
    /// Everything, where that is not all that the handlers of the event take.
    message: Option<&'a Message<'a>>,
    context: Option<Context<'a>>,
    states: &'a States,
}

impl<'a> Delivery<'a> {
    /// Makes one for handlers that take the payload, and do not look at their context.
    #[inline]
    pub(super) fn direct(payload: &'a Value, states: &'a States) -> Self {
        Self {
            payload: Some(payload),
            message: None,
            context: None,
            states,
        }
    }

    pub(crate) fn new(message: &'a Message<'a>, handler: &'a Handler, states: &'a States) -> Self {
        Self {
            payload: message.payload,
            message: Some(message),
            context: message
                .event
                .map(|event| Context::new(event, handler, states)),
            states,
        }
    }

    #[inline]
    fn payload<T: CloudEvent>(&self) -> Option<&'a T> {
        self.payload?.downcast_ref()
    }

    /// Adds what the one that runs the handlers gives the event as a companion.
    pub(super) fn with_companion(mut self, companion: &'a Companion) -> Self {
        self.context = self
            .context
            .map(|context| context.with_companion(companion));
        self
    }

    /// Returns the payload or the value, where one of them is of this type.
    fn value(&self, ty: TypeId) -> Option<&'a Value> {
        let value = self.message.and_then(|message| message.value);
        let mut both = self.payload.into_iter().chain(value);
        both.find(|value| (**value).type_id() == ty)
    }

    fn event(&self) -> Option<&'a Event> {
        self.message?.event
    }

    /// Finds or makes a value of a type. It is compiled once, and not for each type.
    fn find(&self, ty: TypeId, decode: Decode) -> Result<&'a Value, Failure> {
        match (self.value(ty), self.message) {
            (Some(value), _) => Ok(value),
            (None, Some(message)) => message.decoded(ty, decode),
            (None, None) => Err(missing_event()),
        }
    }

    /// Not inlined: handlers share it, and seldom come here.
    #[inline(never)]
    fn borrow<T: CloudEvent>(&self) -> Result<&'a T, Failure> {
        let value = self.find(TypeId::of::<T>(), decode::<T>)?;
        value.downcast_ref().ok_or_else(missing_event)
    }

    /// Returns the context of the call.
    pub(crate) fn context(&'a self) -> Result<&'a Context<'a>, Failure> {
        // The route made the envelope before the first handler ran if any handler wants it.
        self.context.as_ref().ok_or_else(missing_event)
    }

    pub(crate) fn states(&self) -> &'a States {
        self.states
    }

    /// Takes one parameter of the handler from the context.
    ///
    /// # Errors
    ///
    /// Where the event does not have it.
    pub fn extract<E: Extract<'a>>(&'a self) -> Result<E, Failure> {
        E::from_delivery(self)
    }

    /// Takes the value of an extension attribute.
    ///
    /// # Errors
    ///
    /// Where it is absent but needed, or of another type.
    pub fn extension<A: Attribute>(&'a self, name: &str) -> Result<A, Failure> {
        Ok(self.context()?.event().read_attribute(name)?)
    }
}

/// Is implemented by what the first parameter of a handler may be: [`Event`] and event types.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event type",
    label = "the first parameter of a handler is the event",
    note = "add `#[derive(CloudEvent)]` and `#[cloudevent(type = \"..\")]` to `{Self}`, or take `&Event`"
)]
pub trait HandlerEvent: Sized + Send + Sync + 'static {
    /// The event types it can be, or `None` for any.
    const TYPES: Option<&'static [&'static str]>;
    /// Whether it is an enum over event types.
    const CLOSED_SET: bool;
    /// Decodes such a value; `None` for the envelope, which is there.
    #[doc(hidden)]
    const DECODE: Option<Decode>;

    /// Returns the event for a handler that borrows it.
    ///
    /// # Errors
    ///
    /// Where the event is not such a value.
    fn borrow<'a>(delivery: &'a Delivery<'a>) -> Result<&'a Self, Failure>;

    /// Returns the event for a handler that takes it by value.
    ///
    /// # Errors
    ///
    /// Where the event is not such a value.
    fn own(delivery: &Delivery<'_>) -> Result<Self, Failure>;
}

impl HandlerEvent for Event {
    const TYPES: Option<&'static [&'static str]> = None;
    const CLOSED_SET: bool = false;
    const DECODE: Option<Decode> = None;

    fn borrow<'a>(delivery: &'a Delivery<'a>) -> Result<&'a Self, Failure> {
        delivery.event().ok_or_else(missing_event)
    }

    fn own(delivery: &Delivery<'_>) -> Result<Self, Failure> {
        delivery.event().cloned().ok_or_else(missing_event)
    }
}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> HandlerEvent for T {
    const TYPES: Option<&'static [&'static str]> = Some(T::TYPES);
    const CLOSED_SET: bool = T::CLOSED_SET;
    const DECODE: Option<Decode> = Some(decode::<T>);

    #[inline]
    fn borrow<'a>(delivery: &'a Delivery<'a>) -> Result<&'a Self, Failure> {
        match delivery.payload() {
            Some(payload) => Ok(payload),
            None => delivery.borrow(),
        }
    }

    fn own(delivery: &Delivery<'_>) -> Result<Self, Failure> {
        let value = delivery.value(TypeId::of::<T>());
        if let Some(value) = value.and_then(|value| value.downcast_ref::<T>()) {
            if let Some(clone) = value.try_clone() {
                return Ok(clone);
            }
            if delivery.event().is_none() {
                let event = value
                    .to_event()
                    .map_err(|error| Failure::Extract(error.into()))?;
                return Ok(T::from_event(&event)?);
            }
        }
        Ok(T::from_event(envelope(delivery.event())?)?)
    }
}
