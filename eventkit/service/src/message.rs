//! The processing of one message, from its arrival until it is settled.

use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::SemaphorePermit;
use tokio::time::timeout;
use tracing::Instrument;

use super::circuit_breaker::Permit;
use super::counters::increment;
use super::dead_letter::{Failed, FailureRecord};
use super::delivery::{AttemptOutcome, Delivery, OpenClaim};
use super::health::Store;
use super::keyed_lock::{KeyGuard, Turn};
use super::policy::{Disposition, is_caused_by_event};
use super::settlement::{keep_alive, settle};
use super::spans::{Outcome, Processing};
use super::store::until_stored;
use super::subscription::SubscriptionTask;
use super::suspects::{Admission, convicting_runs};
use eventkit::Failure;
use eventkit::event::Timestamp;
use eventkit::transport::{DeliveryRecord, Incoming, InvalidMessage, MessageMetadata};

/// How long the release of a message waits for the release of those before it: less than the
/// service has to shut down.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

/// The permits for one attempt.
struct Permits<'d> {
    run: SemaphorePermit<'d>,
    breaker: Option<Permit<'d>>,
    /// The admission, if the message is a suspect.
    suspect: Option<Box<Admission<'d>>>,
}

/// The next step after an attempt, or after waiting for one.
enum Next {
    Settle(Disposition),
    /// There was no attempt; the message is kept and tried again after a delay.
    TryAgain(Duration),
}

/// Processes one message and settles it.
pub(crate) async fn process(task: &SubscriptionTask, incoming: Incoming, mut guard: KeyGuard) {
    let is_addressed = task.shared.is_addressed_to(&incoming);
    let losses = task.status.losses.load(Ordering::Relaxed);
    let Incoming {
        event,
        metadata,
        handle,
        ..
    } = incoming;
    if !is_addressed {
        count_filtered(task, metadata);
        settle(task, handle, Disposition::Skip, None).await;
        guard.finish();
        return;
    }
    let event = match event {
        Ok(event) => event,
        Err(invalid) => {
            let processing = Processing::of_invalid(task);
            let work = Box::pin(dead_letter_raw(task, *invalid, metadata));
            let work = keep_alive(task, &handle, work);
            let disposition = work.instrument(processing.span().clone()).await;
            processing.finish(task, disposition);
            settle(task, handle, disposition, Some(&processing)).await;
            return;
        }
    };
    task.status.note_delivery(&event, metadata);
    let delivery = Delivery {
        task,
        policy: task.policy(&event),
        processing: Processing::of_event(task, &event),
        event,
        metadata,
        handle,
        record: Mutex::new((metadata.delivery_count <= 1).then(DeliveryRecord::default)),
        claim: OpenClaim::default(),
        running: AtomicBool::new(false),
    };
    let disposition = {
        // Pinned in place: moving a large future would copy it.
        let work = pin!(delivery.handle(&mut guard));
        let work = pin!(keep_alive(task, &delivery.handle, work));
        work.instrument(delivery.processing.span().clone()).await
    };
    delivery.processing.finish(task, disposition);
    match disposition {
        Disposition::Release => {
            let turn = timeout(RELEASE_TIMEOUT, guard.wait_for_turn());
            // This message is released after those before it in its queue, since messages are
            // delivered again in this order. Boxed, so that the common case does not carry the size
            // of the rare one.
            Box::pin(async {
                let _ = tokio::join!(delivery.abandon_claim(), delivery.record_release(), turn);
            })
            .await;
        }
        Disposition::Return(delay) => {
            Box::pin(delivery.record_release()).await;
            task.status.note_delay(&delivery.event, metadata, delay);
        }
        Disposition::Retry(delay) | Disposition::Postpone(delay) => {
            task.status.note_delay(&delivery.event, metadata, delay);
        }
        _ => {}
    }
    let processing = Some(&delivery.processing);
    let confirmed = settle(task, delivery.handle, disposition, processing).await;
    // A message that was settled after its consumer was lost may already be on its way again.
    let was_lost = task.status.losses.load(Ordering::Relaxed) != losses;
    if (!confirmed || was_lost) && disposition.is_final() {
        let mut recent = task.shared.recent_events();
        recent.add_unconfirmed(&delivery.event, metadata.position);
    }
    if disposition.is_done() {
        guard.finish();
    }
}

/// Counts a message that the handler does not select, at its first delivery only: the transport
/// delivers it again if a later deployment may select it.
fn count_filtered(task: &SubscriptionTask, metadata: MessageMetadata) {
    if metadata.delivery_count <= 1 {
        increment(&task.status.counters.filtered);
    }
}

/// Stores a dead letter for a message that is not an event, byte for byte.
async fn dead_letter_raw(
    task: &SubscriptionTask,
    invalid: InvalidMessage,
    metadata: MessageMetadata,
) -> Disposition {
    let InvalidMessage { error, message, .. } = invalid;
    let error = format!("{:#}", Failure::from(error));
    tracing::error!(
        subscription = task.shared.handler.durable(),
        position = metadata.position,
        error,
        "received a message that is not an event; dead-lettering it"
    );
    let record = failure_record(task, metadata, &error, 1, Timestamp::now());
    store_dead_letter(task, &record, Failed::Raw(&message)).await
}

fn failure_record<'a>(
    task: &'a SubscriptionTask,
    metadata: MessageMetadata,
    error: &'a str,
    attempts: u32,
    first: Timestamp,
) -> FailureRecord<'a> {
    FailureRecord {
        subscription: task.shared.handler.durable(),
        transport: task.transport.name(),
        position: metadata.position,
        error,
        attempts,
        first,
        last: Timestamp::now(),
    }
}

/// Stores a dead letter, and retries until it is stored.
async fn store_dead_letter(
    task: &SubscriptionTask,
    record: &FailureRecord<'_>,
    failed: Failed<'_>,
) -> Disposition {
    let store = || task.dead_letters.store(record, failed);
    until_stored(&task.status, Store::DeadLetters, store).await;
    increment(&task.status.counters.dead_lettered);
    Disposition::DeadLetter
}

impl Delivery<'_> {
    /// Returns the durable name of the subscription, as it appears in logs.
    pub(crate) fn subscription(&self) -> &str {
        self.task.shared.handler.durable()
    }

    pub(crate) fn delivery_count(&self) -> u32 {
        self.metadata.delivery_count.max(1)
    }

    /// Handles the event when its turn comes, unless it needs no handling.
    async fn handle(&self, guard: &mut KeyGuard) -> Disposition {
        let (task, shared) = (self.task, &self.task.shared);
        match shared.handler.matches_filter(&self.event) {
            Ok(true) => {}
            Ok(false) => {
                count_filtered(task, self.metadata);
                return Disposition::Skip;
            }
            Err(failure) => {
                let decision = self.policy.decide(&failure, 1);
                return Box::pin(self.conclude(&failure, decision, 1)).await;
            }
        }
        if let Some(disposition) = self.wait_for_turn(guard).await {
            return disposition;
        }
        let position = self.metadata.position;
        let is_settled = shared
            .recent_events()
            .remove_unconfirmed(&self.event, position);
        if is_settled {
            return self.acknowledge_duplicate();
        }
        if self.delivery_count() > 1 {
            let loading = Box::pin(self.load_record());
            if task.unless_draining(loading).await.is_none() {
                return Disposition::Release;
            }
        }
        self.attempt_until_settled(guard).await
    }

    /// Waits until the event may be attempted; returns a disposition if it is not to be attempted
    /// here.
    async fn wait_for_turn(&self, guard: &mut KeyGuard) -> Option<Disposition> {
        if guard.is_ready() {
            return None;
        }
        match self.task.unless_draining(guard.wait()).await {
            Some(Turn::Now) => None,
            Some(Turn::Later(delay)) => Some(Disposition::Return(delay)),
            None => {
                // The messages before it are released first, since they are delivered again in this
                // order.
                guard.wait_for_turn().await;
                Some(Disposition::Release)
            }
        }
    }

    /// Attempts the event, and repeats this here if later events must not overtake it or if no
    /// attempt was made.
    async fn attempt_until_settled(&self, guard: &mut KeyGuard) -> Disposition {
        loop {
            let next = match self.suspect_runs() {
                None => match self.acquire_permits().await {
                    Some(permits) => self.attempt_with(permits).await,
                    None => Next::Settle(Disposition::Release),
                },
                // Boxed, so that the common case does not carry the size of the rare one.
                Some(runs) => Box::pin(self.attempt_as_suspect(runs)).await,
            };
            let delay = match next {
                // The event keeps its place among the events of its key.
                Next::Settle(Disposition::Retry(delay) | Disposition::Postpone(delay))
                    if guard.is_ordered() =>
                {
                    delay
                }
                Next::Settle(disposition) => return disposition,
                Next::TryAgain(delay) => delay,
            };
            guard.retry_after(delay);
            if let Some(disposition) = self.wait_for_turn(guard).await {
                return disposition;
            }
        }
    }

    /// Attempts the event once a suspect may run; stores a dead letter instead if the event ended
    /// its process too often.
    async fn attempt_as_suspect(&self, runs: u32) -> Next {
        if let Some(alone) = convicting_runs(runs) {
            return Next::Settle(self.convict(alone).await);
        }
        if self.task.config.suspects.pause(runs).is_some() {
            return self.postpone();
        }
        let admission = async {
            let admission = self.task.config.suspects.admit(runs).await?;
            let mut permits = self.acquire_permits().await?;
            permits.suspect = Some(Box::new(admission));
            Some(permits)
        };
        // Handlers that hang may hold the permits that this waits for.
        let admitted = self
            .task
            .unless_draining(timeout(self.policy.timeout, admission));
        match admitted.await {
            Some(Ok(Some(permits))) => self.attempt_with(permits).await,
            Some(Err(_)) => self.postpone(),
            Some(Ok(None)) | None => Next::Settle(Disposition::Release),
        }
    }

    /// Makes one attempt.
    async fn attempt_with(&self, permits: Permits<'_>) -> Next {
        let Permits {
            run: permit,
            breaker,
            suspect,
        } = permits;
        let number = self.record().failed_attempts.saturating_add(1);
        let counters = &self.task.status.counters;
        Next::Settle(match self.attempt(number, suspect).await {
            AttemptOutcome::Completed => {
                self.record_outcome(breaker, false);
                self.forget_failures();
                increment(&counters.succeeded);
                Disposition::Acknowledge
            }
            AttemptOutcome::AlreadyCompleted => self.acknowledge_duplicate(),
            AttemptOutcome::NotAlone => return self.postpone(),
            // Retried in this process, since the other claim may end at any time.
            AttemptOutcome::ClaimedElsewhere => {
                let delay = self.policy.delay_after(1);
                tracing::debug!(
                    subscription = self.subscription(),
                    event = %self.event,
                    ?delay,
                    "another process holds the claim of the event; retrying after a delay"
                );
                return Next::TryAgain(delay);
            }
            AttemptOutcome::Failed(failure) => {
                let decision = self.policy.decide(&failure, number);
                self.record_outcome(breaker, !is_caused_by_event(&failure));
                // Other events need not wait until the dead letter is stored.
                drop(permit);
                // Boxed, so that the common case does not carry the size of the rare one.
                Box::pin(self.conclude(&failure, decision, number)).await
            }
        })
    }

    fn postpone(&self) -> Next {
        let suspects = &self.task.config.suspects;
        let pause = self.suspect_runs().and_then(|runs| suspects.pause(runs));
        let delay = self.policy.delay_after(1).max(pause.unwrap_or_default());
        tracing::warn!(
            subscription = self.subscription(),
            event = %self.event,
            ?delay,
            "a suspect cannot run alone yet: other handlers have not finished in time"
        );
        Next::Settle(Disposition::Postpone(delay))
    }

    /// Waits until the handler may run; returns `None` if the service begins to drain first.
    async fn acquire_permits(&self) -> Option<Permits<'_>> {
        let shared = &self.task.shared;
        let permits = |run, breaker| Permits {
            run,
            breaker,
            suspect: None,
        };
        // A permit is usually available, and trying is cheaper than a future that waits.
        if shared.circuit_breaker.is_none()
            && !self.task.draining.is_cancelled()
            && let Ok(permit) = shared.permits.try_acquire()
        {
            return Some(permits(permit, None));
        }
        let acquired = self.task.unless_draining(async {
            let permit = shared.permits.acquire().await.ok()?;
            let breaker = match &shared.circuit_breaker {
                Some(breaker) => Some(breaker.acquire().await),
                None => None,
            };
            Some(permits(permit, breaker))
        });
        acquired.await.flatten()
    }

    /// Reports an outcome to the circuit breaker.
    fn record_outcome(&self, permit: Option<Permit<'_>>, failed: bool) {
        if let Some(state) = permit.and_then(|permit| permit.record(failed)) {
            self.task.status.enter(state);
        }
    }

    /// Carries out the decision on an event whose attempt failed.
    async fn conclude(
        &self,
        failure: &Failure,
        decision: Disposition,
        attempt: u32,
    ) -> Disposition {
        let error = format!("{failure:#}");
        self.processing.set_failure(failure);
        let counters = &self.task.status.counters;
        let shared = &self.task.shared;
        let first = shared.recent_events().record_failure(&self.event);
        // The span of the event is absent if only warnings are logged, so the fields are repeated
        // here.
        let (subscription, event) = (self.subscription(), &self.event);
        match decision {
            Disposition::Retry(delay) => {
                tracing::warn!(
                    subscription,
                    %event,
                    error,
                    attempt,
                    ?delay,
                    "the handler failed; retrying the event"
                );
                self.record_failed_attempt(attempt).await;
                increment(&counters.retried);
            }
            Disposition::DeadLetter => {
                tracing::error!(
                    subscription,
                    %event,
                    error,
                    attempt,
                    "the handler failed; dead-lettering the event"
                );
                return self.dead_letter(&error, attempt, first).await;
            }
            _ => {
                tracing::warn!(
                    subscription,
                    %event,
                    error,
                    attempt,
                    "the handler failed; dropping the event"
                );
                increment(&counters.dropped);
                self.forget_failures();
            }
        }
        decision
    }

    /// Stores a dead letter for an event that ended its process too often while it ran alone.
    async fn convict(&self, runs: u32) -> Disposition {
        let error = format!("ended its process {runs} times while it ran alone");
        tracing::error!(
            subscription = self.subscription(),
            event = %self.event,
            error,
            "the event ended its process repeatedly; dead-lettering it"
        );
        let first = self.task.shared.recent_events().record_failure(&self.event);
        let attempts = self.record().failed_attempts;
        self.dead_letter(&error, attempts, first).await
    }

    async fn dead_letter(&self, error: &str, attempts: u32, first: Timestamp) -> Disposition {
        let record = failure_record(self.task, self.metadata, error, attempts, first);
        let failed = Failed::Event(&self.event);
        let disposition = store_dead_letter(self.task, &record, failed).await;
        self.forget_failures();
        disposition
    }

    /// Acknowledges an event that was handled before.
    fn acknowledge_duplicate(&self) -> Disposition {
        increment(&self.task.status.counters.duplicates);
        self.processing.set_outcome(Outcome::DUPLICATE);
        Disposition::Acknowledge
    }

    fn forget_failures(&self) {
        self.task.shared.recent_events().forget_failure(&self.event);
    }
}
