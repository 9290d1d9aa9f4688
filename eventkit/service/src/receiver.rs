//! The workers of a subscription, and its consumer, which is replaced when it is lost.

use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument;

use super::counters::{CountGuard, Counter, increment};
use super::error::within;
use super::keyed_lock::{KeyGuard, KeyedLock};
use super::message;
use super::spans;
use super::status::SubscriptionStatus;
use super::subscription::SubscriptionTask;
use super::subscription_state::SubscriptionState;
use eventkit::__private::service::catch_panic;
use eventkit::Failure;
use eventkit::transport::{Consumer, Incoming, Subscription, Transport, TransportError, backoff};

const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(30);
const SUBSCRIBE_TIMEOUT: Duration = Duration::from_secs(30);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The time without a new message after which events that wait for others of their keys are
/// returned.
const STALL_TIMEOUT: Duration = Duration::from_millis(250);

/// Runs a subscription until the service drains or the stream ends, and then until the last message
/// is settled.
///
/// A worker is added when all of them are busy, up to the number of messages in flight. Workers are
/// reused, because a task per message would cost more.
pub(crate) async fn run(task: Arc<SubscriptionTask>) {
    let _stopped = StoppedOnDrop(&task.status);
    let subscription = task.shared.subscription.clone();
    let max_workers = subscription.max_in_flight;
    let keeps_order = subscription.keeps_order;
    let lock = Arc::new(KeyedLock::new(task.config.ack_wait));
    let receiver = Arc::new(Receiver {
        consumer: Mutex::new(ResumingConsumer {
            transport: Arc::clone(&task.transport),
            subscription,
            status: Arc::clone(&task.status),
            lock: Arc::clone(&lock),
            consumer: None,
            ended: false,
            failures: 0,
            retry_at: None,
        }),
        lock,
        idle_workers: Counter::default(),
        all_busy: Notify::new(),
    });
    let mut workers = JoinSet::new();
    workers.spawn(work(Arc::clone(&task), Arc::clone(&receiver)));
    let mut stall: Option<StallCheck> = None;
    loop {
        let has_room = workers.len() < max_workers;
        tokio::select! {
            () = task.draining.cancelled() => break,
            () = receiver.all_busy.notified(), if has_room || keeps_order && stall.is_none() => {
                if has_room {
                    workers.spawn(work(Arc::clone(&task), Arc::clone(&receiver)));
                } else {
                    stall = Some(StallCheck::new(&task));
                }
            }
            () = StallCheck::due(stall.as_ref()), if stall.is_some() => {
                let is_full = |check: &StallCheck| check.is_full(&task, &receiver);
                stall = stall.filter(is_full).map(|_| {
                    // Running handlers may fail, and then their events wait as well.
                    if task.shared.permits.available_permits() > 0 {
                        receiver.lock.relieve(max_workers.div_ceil(2));
                    }
                    StallCheck::new(&task)
                });
            }
            ended = workers.join_next() => match ended {
                Some(Err(error)) => {
                    // The transport delivers the message of this worker again.
                    task.status.set_last_error(&error);
                    let subscription = task.shared.handler.durable();
                    tracing::error!(subscription, %error, "a worker panicked");
                    workers.spawn(work(Arc::clone(&task), Arc::clone(&receiver)));
                }
                // The service drains, or the stream has ended.
                _ => break,
            },
        }
    }
    task.status.enter(SubscriptionState::Draining);
    receiver.lock.drain();
    while workers.join_next().await.is_some() {}
    // Closed last, since a transport may settle messages through the consumer.
    if let Some(receiver) = Arc::into_inner(receiver) {
        receiver.consumer.into_inner().close().await;
    }
}

/// Receives and processes messages, one after another.
async fn work(task: Arc<SubscriptionTask>, receiver: Arc<Receiver>) {
    while let Some((incoming, guard, _in_flight)) = receiver.next(&task).await {
        // Only a transport can panic here, since panics of handlers are caught; the message is
        // delivered again.
        let processed = catch_panic(pin!(message::process(&task, incoming, guard))).await;
        if let Err(panic) = processed {
            let error = Failure::panic(&*panic);
            task.status.set_last_error(&error);
            let subscription = task.shared.handler.durable();
            tracing::error!(subscription, %error, "failed to process a message: the transport panicked");
        }
        // A handler that never awaits must not starve other tasks.
        consume_budget().await;
    }
}

/// A check for a stall: events that wait for others of their keys keep events of other keys from
/// being received.
#[derive(Debug, Clone, Copy)]
struct StallCheck {
    at: Instant,
    /// The number of messages that were received before.
    received: u64,
}

impl StallCheck {
    fn new(task: &SubscriptionTask) -> Self {
        Self {
            at: Instant::now() + STALL_TIMEOUT,
            received: task.status.counters.received.get(),
        }
    }

    async fn due(check: Option<&Self>) {
        if let Some(check) = check {
            sleep_until(check.at).await;
        }
    }

    /// Returns whether no worker has been able to receive a message since, because all were busy.
    fn is_full(&self, task: &SubscriptionTask, receiver: &Receiver) -> bool {
        receiver.idle_workers.get() == 0 && task.status.counters.received.get() == self.received
    }
}

/// The state shared by the workers of a subscription.
#[derive(Debug)]
struct Receiver {
    /// The consumer, which one worker at a time uses.
    consumer: Mutex<ResumingConsumer>,
    lock: Arc<KeyedLock>,
    /// The number of workers that wait for a message.
    idle_workers: Counter,
    all_busy: Notify,
}

impl Receiver {
    /// Waits for a message, and joins the queue of its key before another one can arrive. Returns
    /// `None` once there are no more messages.
    async fn next<'t>(
        &self,
        task: &'t SubscriptionTask,
    ) -> Option<(Incoming, KeyGuard, CountGuard<'t>)> {
        // Counts the worker as idle, even if the transport panics meanwhile.
        let idle = CountGuard::new(&self.idle_workers);
        let mut consumer = self.consumer.lock().await;
        // A span of the wait costs nothing if nobody asks for it.
        let incoming = if tracing::enabled!(tracing::Level::DEBUG) {
            Box::pin(next_in_span(task, &mut consumer)).await
        } else {
            task.unless_draining(consumer.next()).await
        };
        drop(idle);
        let incoming = incoming.flatten()?;
        // In flight before it counts as received, or the subscription would seem to be idle in between.
        let in_flight = CountGuard::new(&task.status.counters.in_flight);
        increment(&task.status.counters.received);
        let guard = task.shared.enqueue(&self.lock, &incoming);
        if self.idle_workers.get() == 0 {
            self.all_busy.notify_one();
        }
        Some((incoming, guard, in_flight))
    }
}

/// Waits for a message in a span, which records it.
async fn next_in_span(
    task: &SubscriptionTask,
    consumer: &mut ResumingConsumer,
) -> Option<Option<Incoming>> {
    let span = spans::receive_span(task);
    let next = task.unless_draining(consumer.next());
    let incoming = next.instrument(span.clone()).await;
    if let Some(Some(incoming)) = &incoming
        && let Ok(event) = &incoming.event
    {
        spans::record_received(&span, event);
    }
    incoming
}

/// The messages of a subscription, across all of its consumers.
#[derive(Debug)]
struct ResumingConsumer {
    transport: Arc<dyn Transport>,
    subscription: Subscription,
    status: Arc<SubscriptionStatus>,
    lock: Arc<KeyedLock>,
    consumer: Option<Box<dyn Consumer>>,
    /// Whether the stream has ended permanently; it must not be polled again.
    ended: bool,
    /// The number of failures since the last received message.
    failures: u32,
    retry_at: Option<Instant>,
}

impl ResumingConsumer {
    /// Waits for the next message; returns `None` once the stream has ended permanently.
    ///
    /// No message is lost if the future is dropped.
    async fn next(&mut self) -> Option<Incoming> {
        while !self.ended {
            let received = catch_panic(pin!(self.receive())).await;
            match received {
                Ok(Ok(Some(incoming))) => {
                    self.failures = 0;
                    return Some(incoming);
                }
                Ok(Ok(None)) => self.ended = true,
                Ok(Err(error)) => self.lose(&error),
                Err(_) => self.lose(&TransportError::unavailable("the transport panicked")),
            }
        }
        None
    }

    /// Closes the consumer if it is open, so that other consumers receive its prefetched messages
    /// at once.
    async fn close(self) {
        let Some(consumer) = self.consumer else {
            return;
        };
        let closed = timeout(CLOSE_TIMEOUT, consumer.close()).await;
        // Messages that could not be returned are delivered again after `ack_wait`.
        if let Ok(Err(error)) = closed {
            let (subscription, error): (_, &dyn Error) = (&*self.subscription.name, &error);
            tracing::warn!(subscription, error, "failed to close the consumer");
        }
    }

    async fn receive(&mut self) -> Result<Option<Incoming>, TransportError> {
        if self.consumer.is_none() {
            self.consumer = Some(self.open().await?);
        }
        match &mut self.consumer {
            Some(consumer) => consumer.next().await,
            None => Ok(None),
        }
    }

    async fn open(&mut self) -> Result<Box<dyn Consumer>, TransportError> {
        if let Some(at) = self.retry_at {
            sleep_until(at).await;
        }
        let opening = (*self.transport).subscribe(&self.subscription);
        let consumer = within(SUBSCRIBE_TIMEOUT, "the transport did not respond", opening).await?;
        self.lock.extend();
        self.status.enter(SubscriptionState::Running);
        tracing::info!(subscription = self.subscription.name, "subscribed");
        Ok(consumer)
    }

    fn lose(&mut self, error: &TransportError) {
        self.failures = self.failures.saturating_add(1);
        let delay = backoff::delay(INITIAL_BACKOFF, MAX_BACKOFF, self.failures);
        self.retry_at = Some(Instant::now() + delay);
        self.status.losses.fetch_add(1, Ordering::Relaxed);
        self.status.set_last_error(error);
        self.status.enter(SubscriptionState::Lost);
        let (subscription, error): (_, &dyn Error) = (&*self.subscription.name, error);
        if self.consumer.is_some() {
            tracing::warn!(
                subscription,
                error,
                ?delay,
                "lost the consumer; opening a new one after a delay"
            );
        } else {
            tracing::warn!(
                subscription,
                error,
                ?delay,
                "failed to open the consumer; retrying after a delay"
            );
        }
        // Dropped last, since this runs code of the transport, which may panic.
        drop(self.consumer.take());
    }
}

/// A guard that marks the subscription as stopped, even if a transport panics.
struct StoppedOnDrop<'s>(&'s SubscriptionStatus);

impl Drop for StoppedOnDrop<'_> {
    fn drop(&mut self) {
        self.0.enter(SubscriptionState::Stopped);
    }
}
