//! One handler by itself, for a service that gives each handler its events.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::call::Outcome;
use super::delivery::{Delivery, Message};
use super::dispatcher::Dispatcher;
use super::failure::Failure;
use super::handler::Handler;
use super::handler_list::HandlerRef;
use super::table::Table;
use crate::event::Event;

/// Is one handler of a [`Dispatcher`], with the state it wants.
#[derive(Debug, Clone)]
pub(crate) struct Single {
    table: Arc<Table>,
    at: usize,
}

impl Single {
    /// Returns the handlers of a dispatcher, in the order in which they would run.
    pub(crate) fn all(dispatcher: &Dispatcher) -> impl Iterator<Item = Self> {
        let table = Arc::clone(&dispatcher.table);
        (0..table.handlers().len()).map(move |at| Self {
            table: Arc::clone(&table),
            at,
        })
    }

    pub(crate) fn handler(&self) -> &Handler {
        &self.table.handlers()[self.at]
    }

    /// Returns whether it was registered at run time, so that its path says nothing.
    pub(crate) fn is_registered_at_run_time(&self) -> bool {
        matches!(self.table.handlers()[self.at], HandlerRef::Shared(_))
    }

    /// Returns whether the event passes the filter of the handler.
    pub(crate) fn admits(&self, event: &Event) -> Result<bool, Failure> {
        // A function that a program has registered may panic.
        catch_unwind(AssertUnwindSafe(|| self.handler().admits(event)))
            .unwrap_or_else(|panic| Err(Failure::panic(&*panic)))
    }

    /// Runs a sync handler.
    pub(crate) fn run_sync(&self, event: &Event) -> Result<(), Failure> {
        let handler = self.handler();
        let message = Message::new(None, Some(event));
        let delivery = Delivery::new(&message, handler, self.table.states());
        settled(handler.run(&delivery))
    }

    /// Runs the handler, sync or async.
    pub(crate) async fn run(&self, event: &Event) -> Result<(), Failure> {
        let handler = self.handler();
        let message = Message::new(None, Some(event));
        let delivery = Delivery::new(&message, handler, self.table.states());
        settled(handler.run_async(&delivery).await)
    }
}

fn settled(outcome: std::thread::Result<Outcome>) -> Result<(), Failure> {
    match outcome {
        Ok(outcome) => outcome.map_err(|failure| *failure),
        Err(panic) => Err(Failure::panic(&*panic)),
    }
}
