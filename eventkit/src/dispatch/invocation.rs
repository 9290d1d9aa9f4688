//! A call of a handler, and the context for its extractors.

use std::any::Any;

use super::collection::LazyOutgoing;
use super::decoded::{DecodedEvent, missing_envelope};
use super::failure::Failure;
use super::handler::{Handler, TypedEvent};
use super::state::StateMap;
use super::unit_of_work::UnitOfWork;
use crate::event::{Attribute, Event};
use crate::typed::{AttributeSource, Cloning, CloudEvent, SharedEvent};

/// The context of a call of a handler: the event, the state and the handler.
///
/// A handler can take it as a parameter of type `&Context<'_>`. Tests of extractors build one with
/// [`Context::builder`].
///
/// ```
/// use eventkit::{Context, Event, Registry, handles};
///
/// static LOGGED: Registry = Registry::new("logged");
///
/// #[handles("co.outcome.*", registry = LOGGED)]
/// fn log(event: &Event, context: &Context) {
///     println!("{} got {}", context.handler().name(), context.event().id());
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    event: &'a Event,
    handler: &'a Handler,
    states: &'a StateMap,
    pub(super) outgoing: &'a LazyOutgoing,
    unit_of_work: Option<&'a dyn UnitOfWork>,
}

impl<'a> Context<'a> {
    #[inline]
    pub(super) fn new(
        event: &'a Event,
        handler: &'a Handler,
        states: &'a StateMap,
        outgoing: &'a LazyOutgoing,
    ) -> Self {
        Self {
            event,
            handler,
            states,
            outgoing,
            unit_of_work: None,
        }
    }

    /// Returns the event with all its attributes.
    #[must_use]
    pub fn event(&self) -> &'a Event {
        self.event
    }

    /// Returns the metadata of the handler that is called.
    #[must_use]
    pub fn handler(&self) -> &'a Handler {
        self.handler
    }

    /// Returns the [`Dispatcher`](super::Dispatcher)'s state of a type, if it has one.
    #[must_use]
    pub fn state<S: 'static>(&self) -> Option<&'a S> {
        self.states.get()
    }

    /// Returns the unit of work in which the handler runs, if it has this type.
    ///
    /// A handler runs in a unit of work if one of its parameters
    /// [requires](crate::Requirements::unit_of_work) one.
    #[must_use]
    pub fn unit_of_work<U: UnitOfWork>(&self) -> Option<&'a U> {
        let unit: &dyn Any = self.unit_of_work?;
        unit.downcast_ref()
    }
}

/// A call of a handler, from which generated code gets the arguments.
#[derive(Debug)]
pub struct Invocation<'a> {
    event: &'a DecodedEvent<'a>,
    states: &'a StateMap,
    outgoing: &'a LazyOutgoing,
    context: Option<Context<'a>>,
}

impl<'a> Invocation<'a> {
    /// Returns the invocation of the handlers of an event without an envelope.
    #[inline]
    pub(super) fn without_context(
        event: &'a DecodedEvent<'a>,
        states: &'a StateMap,
        outgoing: &'a LazyOutgoing,
    ) -> Self {
        Self {
            event,
            states,
            outgoing,
            context: None,
        }
    }

    #[inline]
    pub(super) fn new(
        event: &'a DecodedEvent<'a>,
        handler: &'a Handler,
        states: &'a StateMap,
        outgoing: &'a LazyOutgoing,
    ) -> Self {
        let context = event.envelope();
        let context = context.map(|event| Context::new(event, handler, states, outgoing));
        Self {
            event,
            states,
            outgoing,
            context,
        }
    }

    /// Returns the invocation with a unit of work.
    pub(super) fn within(mut self, unit: &'a dyn UnitOfWork) -> Self {
        if let Some(context) = &mut self.context {
            context.unit_of_work = Some(unit);
        }
        self
    }

    /// Returns the context for extractors that read the envelope.
    pub(super) fn context(&self) -> Result<&Context<'a>, Failure> {
        // The envelope is created before the first handler runs if any handler reads it.
        self.context.as_ref().ok_or_else(missing_envelope)
    }

    pub(super) fn states(&self) -> &'a StateMap {
        self.states
    }

    /// Returns the outgoing events of the call.
    pub(super) fn outgoing(&self) -> &'a LazyOutgoing {
        self.outgoing
    }

    /// Returns the value of an extension attribute.
    ///
    /// # Errors
    ///
    /// Returns an error if a required attribute is absent, or the value has another type.
    pub fn extension<A: Attribute>(&self, name: &str) -> Result<A, Failure> {
        Ok(self.context()?.event().read_attribute(name)?)
    }

    // Not inlined, because it is rarely called and all handlers of a type share it.
    #[inline(never)]
    fn shared<T: CloudEvent>(&self) -> Result<&'a T, Failure> {
        self.event.value()
    }
}

/// A type of the first parameter of a handler: [`Event`] or an event type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event type",
    label = "the first parameter of a handler must be an event",
    note = "add `#[derive(CloudEvent)]` and `#[cloudevent(type = \"..\")]` to `{Self}`, or take `&Event`",
    note = "a type with type parameters must also implement `Serialize` and `DeserializeOwned`"
)]
pub trait HandlerEvent: Sized + Send + Sync + 'static {
    /// The metadata of this type, or `None` for the envelope.
    const TYPED: Option<TypedEvent>;

    /// How the type itself can be cloned.
    const CLONING: Cloning<Self>;

    /// Returns the event to a handler that borrows it.
    ///
    /// # Errors
    ///
    /// Returns an error if the event cannot be decoded as this type.
    fn borrow<'a>(invocation: &'a Invocation<'a>) -> Result<&'a Self, Failure>;

    /// Returns the event to a handler that takes it by value: a clone of the shared value, or a
    /// value that is decoded for this handler.
    ///
    /// # Errors
    ///
    /// Returns an error if the event cannot be decoded as this type.
    fn own(invocation: &Invocation<'_>, cloning: Cloning<Self>) -> Result<Self, Failure>;
}

impl HandlerEvent for Event {
    const TYPED: Option<TypedEvent> = None;

    const CLONING: Cloning<Self> = Cloning::By(Self::clone);

    fn borrow<'a>(invocation: &'a Invocation<'a>) -> Result<&'a Self, Failure> {
        invocation.event.envelope().ok_or_else(missing_envelope)
    }

    fn own(invocation: &Invocation<'_>, _: Cloning<Self>) -> Result<Self, Failure> {
        Self::borrow(invocation).cloned()
    }
}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> HandlerEvent for T {
    const TYPED: Option<TypedEvent> = Some(TypedEvent::of::<T>());

    const CLONING: Cloning<Self> = T::CLONING;

    #[inline]
    fn borrow<'a>(invocation: &'a Invocation<'a>) -> Result<&'a Self, Failure> {
        match invocation.event.payload() {
            Some(payload) => Ok(payload),
            None => invocation.shared(),
        }
    }

    fn own(invocation: &Invocation<'_>, cloning: Cloning<Self>) -> Result<Self, Failure> {
        let event = invocation.event;
        match cloning {
            // An enum is built from the value of its variant, which saves a copy.
            Cloning::By(clone) if event.is_shared() && !T::CLOSED_SET => event.value().map(clone),
            _ => T::from_shared(event).map_err(Failure::Decode),
        }
    }
}
