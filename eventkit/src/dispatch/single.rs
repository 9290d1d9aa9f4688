//! One handler by itself, for a service that gives each handler its events.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::call::Outcome;
use super::context::Companion;
use super::delivery::{Delivery, Message};
use super::dispatcher::Dispatcher;
use super::failure::Failure;
use super::handler::Handler;
use super::handler_list::HandlerRef;
use super::slot::{Decode, Slot, Spare};
use super::table::Table;
use crate::event::Event;

/// Is one handler of a [`Dispatcher`], with the state it wants.
#[derive(Debug, Clone)]
pub struct Single {
    table: Arc<Table>,
    at: usize,
}

impl Single {
    /// Returns the handlers of a dispatcher, in the order in which they would run.
    pub fn all(dispatcher: &Dispatcher) -> impl Iterator<Item = Self> {
        let table = Arc::clone(&dispatcher.table);
        (0..table.handlers().len()).map(move |at| Self {
            table: Arc::clone(&table),
            at,
        })
    }

    /// Returns the handler.
    pub fn handler(&self) -> &Handler {
        &self.table.handlers()[self.at]
    }

    /// Returns whether it was registered at run time, so that its path says nothing.
    pub fn is_registered_at_run_time(&self) -> bool {
        matches!(self.table.handlers()[self.at], HandlerRef::Shared(_))
    }

    /// Returns whether the event passes the filter of the handler.
    pub fn admits(&self, event: &Event) -> Result<bool, Failure> {
        // A function that a program has registered may panic.
        catch_unwind(AssertUnwindSafe(|| self.handler().admits(event)))
            .unwrap_or_else(|panic| Err(Failure::panic(&*panic)))
    }

    /// Runs a sync handler.
    pub fn run_sync(&self, event: &Event, companion: &Companion) -> Result<(), Failure> {
        let handler = self.handler();
        let message = Message::new(None, Some(event));
        let delivery =
            Delivery::new(&message, handler, self.table.states()).with_companion(companion);
        settled(handler.run(&delivery))
    }

    /// Runs the handler, sync or async; a value that it wants goes where the last one was.
    pub async fn run(
        &self,
        event: &Event,
        companion: &Companion,
        spare: &Spare,
    ) -> Result<(), Failure> {
        let handler = self.handler();
        let slot = match handler.decode {
            Some(decode) => Some(decoded(event, decode, spare)?),
            None => None,
        };
        let outcome = {
            let value = slot.as_ref().and_then(|slot| slot.value());
            let message = Message::new(value.map(|value| [value; 2]), Some(event));
            let delivery =
                Delivery::new(&message, handler, self.table.states()).with_companion(companion);
            handler.run_async(&delivery).await
        };
        if let Some(slot) = slot {
            spare.put(slot);
        }
        settled(outcome)
    }
}

/// Decodes what a handler borrows, where the last one was.
fn decoded(event: &Event, decode: Decode, spare: &Spare) -> Result<Box<dyn Slot>, Failure> {
    // What a program has written to decode a field may panic.
    match catch_unwind(AssertUnwindSafe(|| decode(event, spare.take()))) {
        Ok(decoded) => decoded.map_err(|error| Failure::Decode(Arc::new(error))),
        Err(panic) => Err(Failure::panic(&*panic)),
    }
}

fn settled(outcome: std::thread::Result<Outcome>) -> Result<(), Failure> {
    match outcome {
        Ok(outcome) => outcome.map_err(|failure| *failure),
        Err(panic) => Err(Failure::panic(&*panic)),
    }
}
