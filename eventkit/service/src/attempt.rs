//! The attempts of a delivery: each runs the handler within its claim and publishes its outgoing
//! events.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::counters::CountGuard;
use super::delivery::{AttemptOutcome, Delivery};
use super::error::within;
use super::handler::{Attempt, UnitRun};
use super::health::Store;
use super::store::until_stored;
use super::suspects::Admission;
use eventkit::__private::service::CloseOnDrop;
use eventkit::Failure;
use eventkit::event::Event;
use eventkit::transport::{TransportError, TransportErrorKind};
use eventkit::unit_of_work::UnitOfWork;

/// The time limit for the transport to store an outgoing event.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

const NOT_STORED: &str = "an outgoing event was not stored";

impl Delivery<'_> {
    /// Makes one attempt, if the inbox grants the claim.
    pub(crate) async fn attempt(
        &self,
        number: u32,
        suspect: Option<Box<Admission<'_>>>,
    ) -> AttemptOutcome {
        let handler = &self.task.shared.handler;
        if let Some(store) = handler.bound.unit_of_work_store() {
            // Boxed, so that the deliveries of other handlers do not have the size of this.
            return Box::pin(self.attempt_in_unit_of_work(store, number, suspect)).await;
        }
        let inbox = self.task.config.inbox.as_deref();
        if let Some(inbox) = inbox
            && let Some(outcome) = self.claim(inbox).await
        {
            return outcome;
        }
        // Pinned where it is created: a large future is not copied into the next one.
        let run = pin!(async {
            let suspect = match suspect {
                Some(admission) => Some(Box::pin(self.begin_suspect_run(admission)).await?),
                None => None,
            };
            let published = async {
                let events = self.run(number, suspect, None).await?;
                self.publish(&events).await.map_err(Failure::error)
            };
            published.await.map_err(AttemptOutcome::Failed)
        });
        let Some(inbox) = inbox else {
            return match run.await {
                Ok(()) => AttemptOutcome::Completed,
                Err(outcome) => outcome,
            };
        };
        match self.while_claimed(run).await {
            Ok(()) => {
                self.complete_claim(inbox).await;
                AttemptOutcome::Completed
            }
            Err(outcome) => {
                self.release_claim().await;
                outcome
            }
        }
    }

    /// Waits until a suspect may run, alone if it has run too often, and records that it is about
    /// to run.
    ///
    /// Returns the outcome if the handler must not run.
    pub(crate) async fn begin_suspect_run<'s>(
        &self,
        mut admission: Box<Admission<'s>>,
    ) -> Result<Box<Admission<'s>>, AttemptOutcome> {
        let start = Instant::now();
        let mut is_recording = false;
        let beginning = async {
            admission.wait_until_alone(&self.task.shared.permits).await;
            is_recording = true;
            self.record_suspect_run().await;
        };
        // A sync handler that hangs never ends and keeps its permit, so this wait needs a limit.
        let beginning = timeout(self.policy.timeout, beginning);
        let outcome = match self.task.unless_draining(beginning).await {
            Some(Ok(())) => return Ok(admission),
            Some(Err(_)) => {
                admission.give_up(start.elapsed());
                AttemptOutcome::NotAlone
            }
            None => AttemptOutcome::ClaimedElsewhere,
        };
        if is_recording {
            self.take_back_suspect_run().await;
        }
        Err(outcome)
    }

    /// Runs the handler with its layers and its timeout, and returns its outgoing events.
    pub(crate) async fn run(
        &self,
        number: u32,
        suspect: Option<Box<Admission<'_>>>,
        unit_of_work: Option<&Arc<dyn UnitOfWork>>,
    ) -> Result<Vec<Event>, Failure> {
        self.running.store(true, Ordering::Relaxed);
        let is_suspect = suspect.is_some();
        let handler = &self.task.shared.handler;
        let outgoing = handler.outgoing(&self.event);
        let _closing = CloseOnDrop(&outgoing);
        let layers = &self.task.config.layers;
        let outcome = if layers.is_bare() {
            let unit = unit_of_work.map(|unit| &**unit);
            let running = pin!(handler.run(&self.event, &outgoing, unit));
            self.within_timeout(running, suspect).await
        } else {
            let unit_run = unit_of_work.map(|unit| Arc::new(UnitRun::new(Arc::clone(unit))));
            let attempt = Attempt {
                event: self.event.clone(),
                number,
                metadata: self.metadata,
                outgoing: outgoing.clone(),
                handler: Arc::clone(handler),
                unit_run: unit_run.clone(),
            };
            // Boxed, since layers are rare, and their future would enlarge that of every message.
            let running = Box::pin(layers.clone().attempt(attempt));
            let outcome = self.within_timeout(pin!(running), suspect).await;
            match unit_run {
                Some(unit_run) => outcome.and_then(|()| unit_run.check()),
                None => outcome,
            }
        };
        // Closed after every outcome, since the handler may have kept the collection.
        let events = outgoing.close();
        self.running.store(false, Ordering::Relaxed);
        if is_suspect {
            // Storing what follows, such as a dead letter, may take any amount of time.
            self.record_clearance().await;
        }
        outcome.map(|()| events)
    }

    /// Stops an attempt at its timeout. A sync handler cannot be stopped, so its timeout is only
    /// logged.
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
        tracing::warn!(
            subscription = self.subscription(),
            event = %self.event,
            timeout = ?limit,
            "a sync handler is still running after its timeout"
        );
        if let Some(admission) = suspect {
            // Other suspects do not wait for a handler that hangs.
            drop(admission);
            tokio::select! {
                biased;
                outcome = attempt.as_mut() => return outcome,
                () = self.record_clearance() => {}
            }
        }
        attempt.await
    }

    /// Publishes the outgoing events, and retries until the transport stores or rejects them.
    ///
    /// Returns an error if the transport rejects one of them, which counts as a failure of the
    /// handler.
    async fn publish(&self, events: &[Event]) -> Result<(), TransportError> {
        events
            .iter()
            .try_for_each(|event| self.check_not_cause(event))?;
        for event in events {
            let publish = || async {
                let publishing = self.task.publisher.publish_event(event);
                match within(STORE_TIMEOUT, NOT_STORED, publishing).await {
                    // Another attempt would be rejected again.
                    Err(error) if error.kind() == TransportErrorKind::Rejected => Ok(Err(error)),
                    published => published.map(Ok),
                }
            };
            until_stored(&self.task.status, Store::Outgoing, publish).await?;
        }
        Ok(())
    }

    /// Checks that an outgoing event is not a duplicate of the handled one, as it would be if a
    /// field sets the same id for both. The handled event itself may be sent again.
    pub(crate) fn check_not_cause(&self, event: &Event) -> Result<(), TransportError> {
        let is_same_id = event.id() == self.event.id() && event.source() == self.event.source();
        if !is_same_id || event.ty() == self.event.ty() || !self.task.publishes_to_transport {
            return Ok(());
        }
        Err(TransportError::rejected(format!(
            "the outgoing event {event} has the source and id of the handled one, so the transport \
             would drop it as a duplicate: give it another source or id"
        )))
    }
}
