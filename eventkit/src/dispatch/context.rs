//! What a handler may know beside its event.

use std::any::Any;

use super::handler::Handler;
use super::state::States;
use crate::event::Event;

/// Is what the one that runs the handlers gives an event as a companion, for extractors of its own.
pub(super) type Companion = dyn Any + Send + Sync;

/// Is everything around one call of a handler: the event's attributes, the state, the handler.
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
    states: &'a States,
    companion: Option<&'a Companion>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(event: &'a Event, handler: &'a Handler, states: &'a States) -> Self {
        Self {
            event,
            handler,
            states,
            companion: None,
        }
    }

    pub(super) fn with_companion(self, companion: &'a Companion) -> Self {
        Self {
            companion: Some(companion),
            ..self
        }
    }

    /// Returns the companion of the event, where it is of that type.
    #[doc(hidden)]
    pub fn companion<B: 'static>(&self) -> Option<&'a B> {
        self.companion?.downcast_ref()
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

    /// Returns the state of a type, where the [`Dispatcher`](super::Dispatcher) has it.
    #[must_use]
    pub fn state<S: 'static>(&self) -> Option<&'a S> {
        self.states.get()
    }
}
