//! The context of a call of a handler.

use std::any::Any;

use super::handler::Handler;
use super::state::StateMap;
use crate::event::Event;

/// A value that the caller of a handler passes to extractors of its own, such as a service.
pub type CallLocals = dyn Any + Send + Sync;

/// The context of one call of a handler: the event's attributes, the state, the handler.
///
/// A handler takes it as a parameter of type `&Context`.
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
    locals: Option<&'a CallLocals>,
}

impl<'a> Context<'a> {
    pub(super) fn new(event: &'a Event, handler: &'a Handler, states: &'a StateMap) -> Self {
        Self {
            event,
            handler,
            states,
            locals: None,
        }
    }

    pub(super) fn with_locals(self, locals: &'a CallLocals) -> Self {
        Self {
            locals: Some(locals),
            ..self
        }
    }

    /// Returns the value that the caller of the handler passed, if it is of that type.
    #[doc(hidden)]
    #[must_use]
    pub fn local<L: 'static>(&self) -> Option<&'a L> {
        self.locals?.downcast_ref()
    }

    /// Returns the event with all its attributes.
    #[must_use]
    pub fn event(&self) -> &'a Event {
        self.event
    }

    /// Returns the handler that is being called.
    #[must_use]
    pub fn handler(&self) -> &'a Handler {
        self.handler
    }

    /// Returns the state of a type, if the [`Dispatcher`](super::Dispatcher) has it.
    #[must_use]
    pub fn state<S: 'static>(&self) -> Option<&'a S> {
        self.states.get()
    }
}
