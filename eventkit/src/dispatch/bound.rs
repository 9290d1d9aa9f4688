//! One handler by itself, for a service that gives each handler its own events.

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

/// A handler of a [`Dispatcher`] with the state that it requires.
#[derive(Debug, Clone)]
pub struct BoundHandler {
    handler: HandlerRef,
    states: Arc<StateMap>,
    find_store: Option<FindStore>,
}

impl BoundHandler {
    /// Returns the handlers of a dispatcher, in the order in which they would run.
    pub fn all(dispatcher: &Dispatcher) -> impl Iterator<Item = Self> {
        let table = dispatcher.table();
        table.handlers().iter().map(|handler| Self {
            handler: handler.clone(),
            states: Arc::clone(table.states()),
            find_store: handler.requirements().find_store(),
        })
    }

    /// Returns the handler.
    #[must_use]
    pub fn handler(&self) -> &Handler {
        &self.handler
    }

    /// Returns whether it was registered at run time, so that its path does not identify it.
    #[must_use]
    pub fn is_registered_at_run_time(&self) -> bool {
        self.handler.is_registered()
    }

    /// Returns whether the handler returns events, or a parameter of it sends them.
    #[must_use]
    pub fn sends_events(&self) -> bool {
        self.handler.sends_events()
    }

    /// Returns whether an event passes the filter of the handler.
    ///
    /// # Errors
    ///
    /// Returns an error if the filter cannot be evaluated.
    pub fn matches_filter(&self, event: &Event) -> Result<bool, Failure> {
        matches_filter(&self.handler, event)
    }

    /// Returns the store in whose unit of work the handler runs, if it runs in one.
    #[must_use]
    pub fn unit_of_work_store(&self) -> Option<&dyn UnitOfWorkStore> {
        self.find_store.and_then(|find| find(&self.states))
    }

    /// Runs a sync handler, which adds its events to the outgoing ones.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler failed.
    pub fn run_sync(&self, event: &Event, outgoing: &LazyOutgoing) -> Result<(), Failure> {
        let event = DecodedEvent::of_one_handler(event);
        let invocation = Invocation::new(&event, &self.handler, &self.states, outgoing);
        into_result(self.handler.entry().run(&invocation))
    }

    /// Runs the handler, sync or async, which adds its events to the outgoing ones, within the unit of work
    /// if there is one.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler failed.
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
