//! One message, from its arrival until it is settled.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::SemaphorePermit;
use tokio::time::{sleep, timeout};
use tracing::Instrument;

use super::attempt::{AttemptOutcome, Delivery};
use super::circuit_breaker::Permit;
use super::dead_letter::{Failed, FailureRecord};
use super::error::within;
use super::health::{CountGuard, Store, increment};
use super::keyed_lock::{KeyGuard, Turn};
use super::policy::{Disposition, is_caused_by_event};
use super::store::until_stored;
use super::subscription::{RecentFailure, SubscriptionTask};
use eventkit::Failure;
use eventkit::event::Timestamp;
use eventkit::extension::{Extension, TraceParent};
use eventkit::transport::{AckHandle, Incoming, InvalidMessage, MessageMetadata};

/// The time in which the transport has to confirm a settlement.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(10);

/// The time in which the messages before one that is released have to be: shorter than the service has
/// for its end.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

/// Processes one message and settles it.
pub(crate) async fn process(task: &SubscriptionTask, incoming: Incoming, mut guard: KeyGuard) {
    let _in_flight = CountGuard::new(&task.status.counters.in_flight);
    let is_addressed = task.shared.is_addressed_to(&incoming);
    let losses = task.status.losses.load(Ordering::Relaxed);
    let Incoming {
        event,
        metadata,
        handle,
        ..
    } = incoming;
    if !is_addressed {
        increment(&task.status.counters.filtered);
        settle(task, handle, Disposition::Acknowledge).await;
        guard.finish();
        return;
    }
    let event = match event {
        Ok(event) => event,
        Err(invalid) => {
            let work = Box::pin(dead_letter_raw(task, *invalid, metadata));
            let disposition = keep_alive(task, &handle, work).await;
            settle(task, handle, disposition).await;
            return;
        }
    };
    let delivery = Delivery {
        task,
        policy: task.policy(&event),
        event,
        metadata,
        failed_attempts: AtomicU32::new(0),
        claimed: AtomicBool::new(false),
        running: AtomicBool::new(false),
    };
    let disposition = {
        // Pinned where it is created: a large future is not copied into the next one.
        let work = pin!(delivery.handle(&handle, &mut guard));
        let work = pin!(keep_alive(task, &handle, work));
        work.instrument(delivery.span()).await
    };
    match disposition {
        Disposition::Release => {
            delivery.abandon_claim().await;
            // After those before it, since they are delivered again in this order.
            let _ = timeout(RELEASE_TIMEOUT, guard.wait_for_turn()).await;
        }
        Disposition::Return(_) => delivery.record_return(&handle).await,
        _ => {}
    }
    let confirmed = settle(task, handle, disposition).await;
    // A message that outlives its consumer may be on its way again, although it is settled now.
    let was_lost = task.status.losses.load(Ordering::Relaxed) != losses;
    if (!confirmed || was_lost) && disposition.is_final() {
        let event = &delivery.event;
        let mut recent = task.shared.recent_events();
        recent.add_unconfirmed(event, metadata.position);
    }
    if disposition.is_final() {
        guard.finish();
    }
}

/// Works on a message and keeps it alive meanwhile; releases it if the service aborts.
async fn keep_alive(
    task: &SubscriptionTask,
    handle: &AckHandle,
    work: impl Future<Output = Disposition>,
) -> Disposition {
    tokio::select! {
        biased;
        disposition = work => disposition,
        () = task.aborting.cancelled() => Disposition::Release,
        never = heartbeat(task, handle) => match never {},
    }
}

/// Tells the transport that the message is in progress, three times in each `ack_wait`.
async fn heartbeat(task: &SubscriptionTask, handle: &AckHandle) -> Infallible {
    let interval = task.config.ack_wait / 3;
    loop {
        sleep(interval).await;
        if let Ok(Err(error)) = timeout(interval, handle.in_progress()).await {
            task.status.set_last_error(&error);
        }
    }
}

/// Settles a message, and returns whether the transport confirmed it.
async fn settle(task: &SubscriptionTask, handle: AckHandle, disposition: Disposition) -> bool {
    let counters = &task.status.counters;
    if disposition == Disposition::Release {
        increment(&counters.released);
    }
    let settling = handle.settle(disposition.settlement());
    let settled = within(SETTLE_TIMEOUT, "the transport did not confirm", settling).await;
    if let Err(error) = &settled {
        increment(&counters.unconfirmed);
        task.status.set_last_error(error);
        let subscription = task.shared.handler.durable();
        tracing::warn!(subscription, %error, ?disposition, "the settlement was not confirmed");
    }
    settled.is_ok()
}

/// Makes a dead letter of a message that is not an event, byte for byte.
async fn dead_letter_raw(
    task: &SubscriptionTask,
    invalid: InvalidMessage,
    metadata: MessageMetadata,
) -> Disposition {
    let InvalidMessage { error, message, .. } = invalid;
    let error = format!("{:#}", Failure::from(error));
    let subscription = task.shared.handler.durable();
    tracing::warn!(
        subscription,
        error,
        "received a message that is not an event"
    );
    let attempts = metadata.delivery_count;
    let record = failure_record(task, metadata, &error, attempts, Timestamp::now());
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
        handler: task.shared.handler.durable(),
        transport: task.transport.name(),
        position: metadata.position,
        error,
        attempts,
        first,
        last: Timestamp::now(),
    }
}

/// Stores a dead letter, however long that takes.
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
    fn span(&self) -> tracing::Span {
        tracing::info_span!(
            "handle",
            handler = self.task.shared.handler.handler().name(),
            id = self.event.id(),
            source = self.event.source(),
            r#type = self.event.ty(),
            traceparent = self
                .event
                .extension(TraceParent::NAME)
                .map(tracing::field::display),
        )
    }

    /// Handles the event when its turn has come, unless there is nothing to do for it.
    async fn handle(&self, handle: &AckHandle, guard: &mut KeyGuard) -> Disposition {
        let (task, shared) = (self.task, &self.task.shared);
        let delivery_count = self.metadata.delivery_count.max(1);
        match shared.handler.matches_filter(&self.event) {
            Ok(true) => {}
            Ok(false) => {
                increment(&task.status.counters.filtered);
                return Disposition::Acknowledge;
            }
            Err(failure) => {
                let decision = self.policy.decide(&failure, delivery_count);
                return Box::pin(self.conclude(&failure, decision, delivery_count)).await;
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
            increment(&task.status.counters.duplicates);
            return Disposition::Acknowledge;
        }
        let delivery_count = if guard.is_ordered() && delivery_count > 1 {
            self.unaccounted_deliveries(handle).await
        } else {
            delivery_count
        };
        if self.policy.exceeds_redelivery_limit(delivery_count) {
            return Box::pin(self.give_up(delivery_count)).await;
        }
        self.attempt_until_settled(guard, delivery_count).await
    }

    /// Returns the number of the next attempt: failed ones, and deliveries that were not returned.
    async fn unaccounted_deliveries(&self, handle: &AckHandle) -> u32 {
        let load = || {
            within(
                SETTLE_TIMEOUT,
                "the record was not loaded",
                handle.load_record(),
            )
        };
        let record = until_stored(&self.task.status, Store::Inbox, load).await;
        self.failed_attempts
            .store(record.failed_attempts, Ordering::Relaxed);
        let unaccounted = self.metadata.delivery_count - record.accounted_deliveries;
        unaccounted + record.failed_attempts
    }

    /// Records that the message is returned, which spends no attempt.
    async fn record_return(&self, handle: &AckHandle) {
        let storing = async {
            // It may not have been its turn yet.
            let mut record = handle.load_record().await?;
            let failed_attempts = self.failed_attempts.load(Ordering::Relaxed);
            record.failed_attempts = record.failed_attempts.max(failed_attempts);
            record.accounted_deliveries = self.metadata.delivery_count;
            handle.store_record(record).await
        };
        if let Err(error) = within(RELEASE_TIMEOUT, "the record was not stored", storing).await {
            self.task.status.set_last_error(&error);
            tracing::warn!(%error, "failed to record that a message is returned");
        }
    }

    /// Waits until the event may be attempted; returns the disposition if it is not to be here.
    async fn wait_for_turn(&self, guard: &mut KeyGuard) -> Option<Disposition> {
        if guard.is_ready() {
            return None;
        }
        match self.task.unless_draining(guard.wait()).await {
            Some(Turn::Now) => None,
            Some(Turn::Later(delay)) => Some(Disposition::Return(delay)),
            None => {
                // Those before it are released first, since they are delivered again in this order.
                guard.wait_for_turn().await;
                Some(Disposition::Release)
            }
        }
    }

    /// Runs the handler, again where the event must not be overtaken or nothing was attempted.
    async fn attempt_until_settled(&self, guard: &mut KeyGuard, mut attempt: u32) -> Disposition {
        loop {
            let Some((permit, breaker)) = self.acquire_permits().await else {
                return Disposition::Release;
            };
            let delay = match self.attempt(attempt).await {
                AttemptOutcome::Completed => {
                    self.record(breaker, false);
                    self.forget_failures();
                    increment(&self.task.status.counters.succeeded);
                    return Disposition::Acknowledge;
                }
                AttemptOutcome::AlreadyCompleted => {
                    increment(&self.task.status.counters.duplicates);
                    return Disposition::Acknowledge;
                }
                AttemptOutcome::ClaimedElsewhere => {
                    // Retried here, since a redelivery would count as an attempt.
                    drop((permit, breaker));
                    self.policy.delay_after(1)
                }
                AttemptOutcome::Failed(failure) => {
                    let decision = self.policy.decide(&failure, attempt);
                    self.record(breaker, !is_caused_by_event(&failure));
                    // Other events need not wait until the dead letter is stored.
                    drop(permit);
                    // Boxed, so that the common case does not carry the size of the rare one.
                    match Box::pin(self.conclude(&failure, decision, attempt)).await {
                        // Its place among the events of its key is kept.
                        Disposition::Retry(delay) if guard.is_ordered() => {
                            self.failed_attempts.store(attempt, Ordering::Relaxed);
                            attempt = attempt.saturating_add(1);
                            delay
                        }
                        disposition => return disposition,
                    }
                }
            };
            guard.retry_after(delay);
            if let Some(disposition) = self.wait_for_turn(guard).await {
                return disposition;
            }
        }
    }

    /// Waits until the handler may run; `None` if the service drains before.
    async fn acquire_permits(&self) -> Option<(SemaphorePermit<'_>, Option<Permit<'_>>)> {
        let shared = &self.task.shared;
        // Most often there is a permit, and the future that waits for one costs more than the try.
        if shared.circuit_breaker.is_none()
            && !self.task.draining.is_cancelled()
            && let Ok(permit) = shared.permits.try_acquire()
        {
            return Some((permit, None));
        }
        let acquired = self.task.unless_draining(async {
            let permit = shared.permits.acquire().await.ok()?;
            let breaker = match &shared.circuit_breaker {
                Some(breaker) => Some(breaker.acquire().await),
                None => None,
            };
            Some((permit, breaker))
        });
        acquired.await.flatten()
    }

    /// Records an outcome at the circuit breaker.
    fn record(&self, permit: Option<Permit<'_>>, failed: bool) {
        if let Some(state) = permit.and_then(|permit| permit.record(failed)) {
            self.task.status.enter(state);
        }
    }

    /// Carries out the decision on an event that failed.
    async fn conclude(
        &self,
        failure: &Failure,
        decision: Disposition,
        attempt: u32,
    ) -> Disposition {
        let error = format!("{failure:#}");
        let counters = &self.task.status.counters;
        let shared = &self.task.shared;
        let recorded = error.clone();
        let first = shared.recent_events().record_failure(&self.event, recorded);
        match decision {
            Disposition::Retry(delay) => {
                tracing::warn!(
                    error,
                    attempt,
                    ?delay,
                    "the handler failed; the event is retried"
                );
                increment(&counters.retried);
            }
            Disposition::DeadLetter => {
                tracing::error!(
                    error,
                    attempt,
                    "the handler failed; the event is dead-lettered"
                );
                return self.dead_letter(&error, attempt, first).await;
            }
            _ => {
                tracing::warn!(error, attempt, "the handler failed; the event is dropped");
                increment(&counters.dropped);
                self.forget_failures();
            }
        }
        decision
    }

    /// Makes a dead letter of an event that was delivered too often to be attempted once more.
    async fn give_up(&self, delivery_count: u32) -> Disposition {
        let shared = &self.task.shared;
        let known = shared.recent_events().failure(&self.event);
        let RecentFailure { first, error } = known.unwrap_or_else(|| RecentFailure {
            first: Timestamp::now(),
            error: format!(
                "delivered {delivery_count} times without being settled: the event may have ended \
                 its process"
            ),
        });
        tracing::error!(error, delivery_count, "the event is dead-lettered");
        self.dead_letter(&error, delivery_count, first).await
    }

    async fn dead_letter(&self, error: &str, attempts: u32, first: Timestamp) -> Disposition {
        let record = failure_record(self.task, self.metadata, error, attempts, first);
        let failed = Failed::Event(&self.event);
        let disposition = store_dead_letter(self.task, &record, failed).await;
        self.forget_failures();
        disposition
    }

    fn forget_failures(&self) {
        self.task.shared.recent_events().forget_failure(&self.event);
    }
}
