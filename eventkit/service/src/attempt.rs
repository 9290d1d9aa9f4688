//! The attempts of a delivery: the handler within its claim, and its outgoing events.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::timeout;

use super::claim::OpenClaim;
use super::error::within;
use super::handler::Attempt;
use super::health::{CountGuard, Store};
use super::policy::ResolvedPolicy;
use super::store::until_stored;
use super::subscription::SubscriptionTask;
use eventkit::Failure;
use eventkit::event::Event;
use eventkit::transport::{MessageMetadata, TransportError, TransportErrorKind};

/// The time in which the transport has to store one outgoing event.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

const NOT_STORED: &str = "an outgoing event was not stored";

/// One delivery of an event to its handler.
pub(crate) struct Delivery<'t> {
    pub(crate) task: &'t SubscriptionTask,
    pub(crate) event: Event,
    pub(crate) metadata: MessageMetadata,
    pub(crate) policy: ResolvedPolicy,
    pub(crate) claim: OpenClaim,
    /// Whether the handler runs.
    pub(crate) running: AtomicBool,
}

/// The outcome of an attempt.
#[derive(Debug)]
pub(crate) enum AttemptOutcome {
    /// The handler succeeded, and its events are published.
    Completed,
    /// The handler had succeeded before.
    AlreadyCompleted,
    /// The handler may be running in another process, or the service drains before the inbox answers.
    ClaimedElsewhere,
    Failed(Failure),
}

impl Delivery<'_> {
    /// Makes one attempt, if the inbox permits it.
    pub(crate) async fn attempt(&self, number: u32) -> AttemptOutcome {
        let inbox = self.task.config.inbox.as_deref();
        if let Some(inbox) = inbox
            && let Some(outcome) = self.claim(inbox).await
        {
            return outcome;
        }
        match self.while_claimed(self.run(number)).await {
            Ok(()) => {
                if let Some(inbox) = inbox {
                    self.complete_claim(inbox).await;
                }
                AttemptOutcome::Completed
            }
            Err(failure) => {
                self.release_claim().await;
                AttemptOutcome::Failed(failure)
            }
        }
    }

    /// Runs the handler within its layers and its timeout, and publishes its outgoing events.
    async fn run(&self, number: u32) -> Result<(), Failure> {
        self.running.store(true, Ordering::Relaxed);
        let handler = &self.task.shared.handler;
        let outgoing = handler.outgoing(&self.event);
        let layers = &self.task.config.layers;
        let outcome = if layers.is_bare() {
            let running = pin!(handler.run(&self.event, &outgoing));
            self.within_timeout(running).await
        } else {
            let attempt = Attempt {
                event: self.event.clone(),
                number,
                metadata: self.metadata,
                outgoing: outgoing.clone(),
                handler: Arc::clone(handler),
            };
            // Boxed, since layers are rare, and every message would have the room for them.
            let running = Box::pin(layers.clone().attempt(attempt));
            self.within_timeout(pin!(running)).await
        };
        // Closed whatever the outcome, since the handler may have kept the collection.
        let events = outgoing.close();
        self.running.store(false, Ordering::Relaxed);
        outcome?;
        self.publish(&events).await.map_err(Failure::error)
    }

    /// Stops an attempt at its timeout, or reports it if the handler is sync and cannot be stopped.
    async fn within_timeout<F>(&self, mut attempt: Pin<&mut F>) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), Failure>>,
    {
        let (task, limit) = (self.task, self.policy.timeout);
        if let Ok(outcome) = timeout(limit, attempt.as_mut()).await {
            return outcome;
        }
        if task.shared.handler.handler().is_async() {
            return Err(Failure::Timeout(limit));
        }
        let _overdue = CountGuard::new(&task.status.overdue);
        tracing::warn!(timeout = ?limit, "a sync handler runs past its timeout");
        attempt.await
    }

    /// Publishes the outgoing events, however long that takes.
    ///
    /// Returns an error if the transport rejects one of them: that is a failure of the handler.
    async fn publish(&self, events: &[Event]) -> Result<(), TransportError> {
        for event in events {
            let publish = || async {
                let publishing = self.task.publisher.publish_event(event);
                match within(STORE_TIMEOUT, NOT_STORED, publishing).await {
                    // Another attempt would be rejected too.
                    Err(error) if error.kind() == TransportErrorKind::Rejected => Ok(Err(error)),
                    published => published.map(Ok),
                }
            };
            until_stored(&self.task.status, Store::Outgoing, publish).await?;
        }
        Ok(())
    }
}
