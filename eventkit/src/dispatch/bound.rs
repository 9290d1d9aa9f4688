//! A single handler with its state, for services, which deliver events to each handler separately.

use std::sync::Arc;

use super::collection::LazyOutgoing;
use super::decoded::DecodedEvent;
use super::dispatcher::Dispatcher;
use super::entry::HandlerRef;
use super::failure::Failure;
use super::handler::Handler;
use super::invocation::Invocation;
use super::report::{into_result, matches_filter};
use super::state::{FindStore, StateMap};
use super::unit_of_work::{UnitOfWork, UnitOfWorkStore};
use crate::event::Event;

/// A handler of a [`Dispatcher`], with the state that it requires.
#[derive(Debug, Clone)]
pub struct BoundHandler {
    handler: HandlerRef,
    states: Arc<StateMap>,
    find_store: Option<FindStore>,
}

impl BoundHandler {
    /// Returns the handlers of a dispatcher, in the order in which a dispatch runs them.
    pub fn all(dispatcher: &Dispatcher) -> impl Iterator<Item = Self> {
        let table = dispatcher.table();
        table.handlers().iter().map(|handler| Self {
            handler: handler.clone(),
            states: Arc::clone(table.states()),
            find_store: handler.requirements().find_store(),
        })
    }

    /// Returns the metadata of the handler.
    #[must_use]
    pub fn handler(&self) -> &Handler {
        &self.handler
    }

    /// Returns whether the handler was registered at run time, in which case its path does not
    /// identify it.
    #[must_use]
    pub fn is_registered_at_run_time(&self) -> bool {
        self.handler.is_registered()
    }

    /// Returns whether the handler returns events, or sends them through a parameter.
    #[must_use]
    pub fn sends_events(&self) -> bool {
        self.handler.sends_events()
    }

    /// Returns whether an event matches the filter of the handler.
    ///
    /// # Errors
    ///
    /// Returns an error if the filter cannot be evaluated.
    pub fn matches_filter(&self, event: &Event) -> Result<bool, Failure> {
        matches_filter(&self.handler, event)
    }

    /// Returns the store in whose unit of work the handler runs, if it requires one.
    #[must_use]
    pub fn unit_of_work_store(&self) -> Option<&dyn UnitOfWorkStore> {
        self.find_store.and_then(|find| find(&self.states))
    }

    /// Runs a sync handler, and adds its events to `outgoing`.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler fails.
    pub fn run_sync(&self, event: &Event, outgoing: &LazyOutgoing) -> Result<(), Failure> {
        let event = DecodedEvent::of_one_handler(event);
        let invocation = Invocation::new(&event, &self.handler, &self.states, outgoing);
        into_result(self.handler.entry().run(&invocation))
    }

    /// Runs a sync or async handler, in its unit of work if it requires one, and adds its events to
    /// `outgoing`.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler fails.
    pub async fn run(
        &self,
        event: &Event,
        outgoing: &LazyOutgoing,
        unit_of_work: Option<&dyn UnitOfWork>,
    ) -> Result<(), Failure> {
        let event = DecodedEvent::of_one_handler(event);
        let mut invocation = Invocation::new(&event, &self.handler, &self.states, outgoing);
        if let Some(unit) = unit_of_work {
            invocation = invocation.within(unit);
        }
        into_result(self.handler.entry().run_async(&invocation).await)
    }
}
