//! The attempts of a delivery: the claim, the handler, and its outgoing events.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::timeout;

use super::error::within;
use super::handler::Attempt;
use super::health::CountGuard;
use super::inbox::{Claim, InboxKey};
use super::policy::{Disposition, ResolvedPolicy};
use super::subscription::SubscriptionTask;
use eventkit::event::Event;
use eventkit::transport::{MessageMetadata, TransportError};
use eventkit::{BoxError, Failure};

/// The time in which the transport has to store one outgoing event.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(30);

/// One delivery of an event to its handler.
pub(crate) struct Delivery<'t> {
    pub(crate) task: &'t SubscriptionTask,
    pub(crate) event: Event,
    pub(crate) metadata: MessageMetadata,
    pub(crate) policy: ResolvedPolicy,
    /// Whether a claim at the inbox is open.
    pub(crate) claimed: AtomicBool,
}

/// The outcome of an attempt.
#[derive(Debug)]
pub(crate) enum AttemptOutcome {
    /// The handler succeeded, and its events are published.
    Completed,
    /// The handler had succeeded before.
    AlreadyCompleted,
    /// The handler may be running in another process, or the inbox failed.
    ClaimedElsewhere,
    Failed(Failure),
}

impl Delivery<'_> {
    /// Makes one attempt, if the inbox permits it.
    pub(crate) async fn attempt(&self, number: u32) -> AttemptOutcome {
        if let Some(outcome) = self.claim().await {
            return outcome;
        }
        let outcome = match self.run(number).await {
            Ok(()) => AttemptOutcome::Completed,
            Err(failure) => AttemptOutcome::Failed(failure),
        };
        let completed = matches!(outcome, AttemptOutcome::Completed);
        self.close_claim(completed).await;
        outcome
    }

    /// Releases the claim of a handler that was stopped while it ran.
    pub(crate) async fn release_claim(&self, disposition: Disposition) {
        // A sync handler continues to run, and must not run in another process meanwhile.
        let is_stopped = self.task.shared.handler.handler().is_async();
        if disposition == Disposition::Release && is_stopped {
            self.close_claim(false).await;
        }
    }

    /// Claims the event at the inbox; returns the outcome if the handler must not run.
    async fn claim(&self) -> Option<AttemptOutcome> {
        let inbox = self.task.config.inbox.as_ref()?;
        let ack_wait = self.task.config.ack_wait;
        let lease = self.policy.timeout.saturating_add(ack_wait);
        match inbox.claim(self.inbox_key(), lease).await {
            Ok(Claim::Granted) => {
                self.claimed.store(true, Ordering::Relaxed);
                None
            }
            Ok(Claim::Completed) => Some(AttemptOutcome::AlreadyCompleted),
            Ok(Claim::InProgress) => Some(AttemptOutcome::ClaimedElsewhere),
            Err(error) => {
                self.report_inbox_error(&error, "failed to claim the event at the inbox");
                Some(AttemptOutcome::ClaimedElsewhere)
            }
        }
    }

    /// Completes or releases the claim, if it is open.
    async fn close_claim(&self, completed: bool) {
        let Some(inbox) = &self.task.config.inbox else {
            return;
        };
        if !self.claimed.swap(false, Ordering::Relaxed) {
            return;
        }
        let key = self.inbox_key();
        let closing = if completed {
            inbox.complete(key)
        } else {
            inbox.release(key)
        };
        // The claim ends with its lease, and the event is settled all the same.
        if let Err(error) = closing.await {
            self.report_inbox_error(&error, "failed to close a claim at the inbox");
        }
    }

    fn report_inbox_error(&self, error: &BoxError, message: &str) {
        self.task.status.set_last_error(&**error);
        tracing::warn!(error = &**error, "{message}");
    }

    fn inbox_key(&self) -> InboxKey<'_> {
        let handler = self.task.shared.handler.durable();
        InboxKey::new(self.event.source(), self.event.id(), handler)
    }

    /// Runs the handler within its layers and its timeout, and publishes its outgoing events.
    async fn run(&self, number: u32) -> Result<(), Failure> {
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
                outgoing: outgoing.shared(),
                handler: Arc::clone(handler),
            };
            // Boxed, since layers are rare, and every message would have the room for them.
            let running = Box::pin(layers.clone().attempt(attempt));
            self.within_timeout(pin!(running)).await
        };
        // Closed whatever the outcome, since the handler may have kept the collection.
        let events = outgoing.close();
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

    async fn publish(&self, events: &[Event]) -> Result<(), TransportError> {
        for event in events {
            let publishing = self.task.publisher.publish_event(event);
            within(
                PUBLISH_TIMEOUT,
                "an outgoing event was not stored",
                publishing,
            )
            .await?;
        }
        Ok(())
    }
}
