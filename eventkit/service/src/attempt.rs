//! The attempts of a delivery: the claim, the handler, and its outgoing events.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::timeout;

use super::counters::CountGuard;
use super::error::within;
use super::handler::Attempt;
use super::inbox::{Claim, Inbox, InboxKey};
use super::policy::ResolvedPolicy;
use super::status::Store;
use super::store::{StoreAttempts, until_stored};
use super::subscription::SubscriptionTask;
use super::suspects::Admission;
use eventkit::Failure;
use eventkit::event::Event;
use eventkit::transport::{
    AckHandle, DeliveryRecord, MessageMetadata, TransportError, TransportErrorKind,
};

/// The time in which the transport has to store one outgoing event, and in which the inbox has to
/// answer.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

/// The time in which the inbox has to release a claim: shorter than the service has for its end.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

const INBOX_TIMED_OUT: &str = "the inbox did not answer";
const NOT_STORED: &str = "an outgoing event was not stored";

/// One delivery of an event to its handler.
pub(crate) struct Delivery<'t> {
    pub(crate) task: &'t SubscriptionTask,
    pub(crate) event: Event,
    pub(crate) metadata: MessageMetadata,
    pub(crate) handle: AckHandle,
    /// What is recorded about the message; `None` until it is loaded.
    pub(crate) record: Mutex<Option<DeliveryRecord>>,
    pub(crate) policy: ResolvedPolicy,
    /// Whether a claim at the inbox is open.
    pub(crate) claimed: AtomicBool,
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
    /// The event is a suspect that has to run alone, and other events are handled for too long.
    NotAlone,
    Failed(Failure),
}

impl Delivery<'_> {
    /// Makes one attempt, if the inbox permits it.
    pub(crate) async fn attempt(
        &self,
        number: u32,
        suspect: Option<Box<Admission<'_>>>,
    ) -> AttemptOutcome {
        let inbox = self.task.config.inbox.as_deref();
        if let Some(inbox) = inbox
            && let Some(outcome) = self.claim(inbox).await
        {
            return outcome;
        }
        let suspect = match suspect {
            None => None,
            Some(admission) => match Box::pin(self.begin_suspect_run(admission)).await {
                Ok(admission) => Some(admission),
                Err(outcome) => {
                    self.release_claim().await;
                    return outcome;
                }
            },
        };
        match self.run(number, suspect).await {
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

    /// Waits until a suspect may run, which is alone if it has run too often, and records that it does.
    ///
    /// Returns the outcome if the handler must not run.
    async fn begin_suspect_run<'s>(
        &self,
        mut admission: Box<Admission<'s>>,
    ) -> Result<Box<Admission<'s>>, AttemptOutcome> {
        let beginning = async {
            admission.wait_until_alone(&self.task.shared.permits).await;
            self.record_suspect_run().await;
        };
        // A sync handler that hangs never ends, and others wait meanwhile.
        let beginning = timeout(self.policy.timeout, beginning);
        match self.task.unless_draining(beginning).await {
            Some(Ok(())) => Ok(admission),
            Some(Err(_)) => Err(AttemptOutcome::NotAlone),
            None => Err(AttemptOutcome::ClaimedElsewhere),
        }
    }

    /// Releases the claim of a message that is released, unless its handler continues to run.
    pub(crate) async fn abandon_claim(&self) {
        // A sync handler cannot be stopped, and must not run in another process meanwhile.
        let is_async = self.task.shared.handler.handler().is_async();
        if is_async || !self.running.load(Ordering::Relaxed) {
            self.release_claim().await;
        }
    }

    /// Claims the event at the inbox; returns the outcome if the handler must not run.
    async fn claim(&self, inbox: &dyn Inbox) -> Option<AttemptOutcome> {
        let ack_wait = self.task.config.ack_wait;
        let lease = self.policy.timeout.saturating_add(ack_wait);
        let mut attempts = StoreAttempts::new(&self.task.status, Store::Inbox);
        loop {
            let claiming = inbox.claim(self.inbox_key(), lease);
            let error = match within(STORE_TIMEOUT, INBOX_TIMED_OUT, claiming).await {
                Ok(Claim::Granted) => {
                    self.claimed.store(true, Ordering::Relaxed);
                    return None;
                }
                Ok(Claim::Completed) => return Some(AttemptOutcome::AlreadyCompleted),
                Ok(Claim::InProgress) => return Some(AttemptOutcome::ClaimedElsewhere),
                Err(error) => error,
            };
            let waiting = Box::pin(attempts.wait_after(error));
            if self.task.unless_draining(waiting).await.is_none() {
                return Some(AttemptOutcome::ClaimedElsewhere);
            }
        }
    }

    /// Completes the claim, however long that takes.
    async fn complete_claim(&self, inbox: &dyn Inbox) {
        let complete = || {
            let completing = inbox.complete(self.inbox_key());
            within(STORE_TIMEOUT, INBOX_TIMED_OUT, completing)
        };
        until_stored(&self.task.status, Store::Inbox, complete).await;
        self.claimed.store(false, Ordering::Relaxed);
    }

    /// Releases the claim, if it is open.
    async fn release_claim(&self) {
        let Some(inbox) = &self.task.config.inbox else {
            return;
        };
        if !self.claimed.swap(false, Ordering::Relaxed) {
            return;
        }
        let releasing = inbox.release(self.inbox_key());
        // Without this the claim ends with its lease, so the message does not wait for it.
        if let Err(error) = within(RELEASE_TIMEOUT, INBOX_TIMED_OUT, releasing).await {
            self.task.status.set_last_error(&*error);
            tracing::warn!(error = &*error, "failed to release a claim at the inbox");
        }
    }

    fn inbox_key(&self) -> InboxKey<'_> {
        let handler = self.task.shared.handler.identity();
        InboxKey::new(self.event.source(), self.event.id(), handler)
    }

    /// Runs the handler within its layers and its timeout, and publishes its outgoing events.
    async fn run(&self, number: u32, suspect: Option<Box<Admission<'_>>>) -> Result<(), Failure> {
        self.running.store(true, Ordering::Relaxed);
        let is_suspect = suspect.is_some();
        let handler = &self.task.shared.handler;
        let outgoing = handler.outgoing(&self.event);
        let layers = &self.task.config.layers;
        let outcome = if layers.is_bare() {
            let running = pin!(handler.run(&self.event, &outgoing));
            self.within_timeout(running, suspect).await
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
            self.within_timeout(pin!(running), suspect).await
        };
        // Closed whatever the outcome, since the handler may have kept the collection.
        let events = outgoing.close();
        self.running.store(false, Ordering::Relaxed);
        outcome?;
        if is_suspect {
            // Storing what follows may take for ever, which is no trouble of the event.
            self.record_clearance().await;
        }
        self.publish(&events).await.map_err(Failure::error)
    }

    /// Stops an attempt at its timeout, or reports it if the handler is sync and cannot be stopped.
    async fn within_timeout<F>(
        &self,
        mut attempt: Pin<&mut F>,
        suspect: Option<Box<Admission<'_>>>,
    ) -> Result<(), Failure>
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
        let _overdue = CountGuard::new(&task.shared.overdue);
        tracing::warn!(timeout = ?limit, "a sync handler runs past its timeout");
        if let Some(admission) = suspect {
            // Others do not wait for a handler that hangs.
            drop(admission);
            tokio::select! {
                biased;
                outcome = attempt.as_mut() => return outcome,
                () = self.record_clearance() => {}
            }
        }
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
