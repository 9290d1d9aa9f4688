//! A handler under its durable name.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::outgoing::Outgoing;
use eventkit::__private::service::BoundHandler;
use eventkit::event::Event;
use eventkit::{Failure, Handler};

/// A handler with its state, under the durable name of its subscription.
#[derive(Debug)]
pub(crate) struct NamedHandler {
    bound: BoundHandler,
    durable: Arc<str>,
}

impl NamedHandler {
    pub(crate) fn new(bound: BoundHandler, durable: &str) -> Self {
        Self {
            bound,
            durable: durable.into(),
        }
    }

    pub(crate) fn handler(&self) -> &Handler {
        self.bound.handler()
    }

    /// Returns the durable name.
    pub(crate) fn durable(&self) -> &str {
        &self.durable
    }

    /// Returns whether an event passes the filter of the handler.
    pub(crate) fn matches_filter(&self, event: &Event) -> Result<bool, Failure> {
        self.bound.matches_filter(event)
    }

    /// Creates the collection of the events that the handler publishes for an event.
    pub(crate) fn outgoing(&self, event: &Event) -> Outgoing {
        Outgoing::caused_by(event.clone(), Arc::clone(&self.durable))
    }

    /// Runs the handler; a sync one runs on a thread that may block.
    pub(crate) async fn run(&self, event: &Event, outgoing: &Outgoing) -> Result<(), Failure> {
        if self.handler().is_async() {
            return self.bound.run(event, outgoing).await;
        }
        let (bound, event, outgoing) = (self.bound.clone(), event.clone(), outgoing.clone());
        let span = tracing::Span::current();
        let running = spawn_blocking(move || span.in_scope(|| bound.run_sync(&event, &outgoing)));
        // Panics of the handler are caught: a join error means that the runtime shuts down.
        let joined = running.await;
        joined.unwrap_or_else(|error| Err(Failure::error(error)))
    }
}
