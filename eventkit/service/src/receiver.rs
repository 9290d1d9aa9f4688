//! The workers of a subscription, which receive its messages and process them.
//!
//! Workers are reused, since a task per message costs about as much as the rest of its way through a
//! service in memory.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::task::coop::consume_budget;

use super::consumer::ResumingConsumer;
use super::counters::increment;
use super::handle::Phase;
use super::health::SubscriptionState;
use super::keyed_lock::{KeyGuard, KeyedLock};
use super::message;
use super::status::SubscriptionStatus;
use super::subscription::SubscriptionTask;
use eventkit::__private::service::catch_panic;
use eventkit::Failure;
use eventkit::transport::Incoming;

/// Runs a subscription until the service drains, and then until its last message is settled.
///
/// A worker is added when all of them are busy, up to the number of messages in flight.
pub(crate) async fn run(task: Arc<SubscriptionTask>) {
    let _stopped = StoppedOnDrop(&task.status);
    let subscription = task.subscription();
    let max_workers = subscription.max_in_flight;
    let receiver = Arc::new(Receiver::new(ResumingConsumer::new(
        Arc::clone(&task.transport),
        subscription,
        Arc::clone(&task.status),
    )));
    let mut workers = JoinSet::new();
    workers.spawn(work(Arc::clone(&task), Arc::clone(&receiver)));
    loop {
        tokio::select! {
            () = task.reached(Phase::Draining) => break,
            () = receiver.all_busy.notified(), if workers.len() < max_workers => {
                workers.spawn(work(Arc::clone(&task), Arc::clone(&receiver)));
            }
            // Workers only end if the service drains, or if the stream has ended for good.
            _ = workers.join_next() => break,
        }
    }
    task.status.enter(SubscriptionState::Draining);
    while workers.join_next().await.is_some() {}
    // Last, since a transport may settle messages through the consumer.
    let consumer = receiver.lock().take();
    if let Some(consumer) = consumer {
        consumer.close().await;
    }
}

/// Receives messages and processes them, one after another.
async fn work(task: Arc<SubscriptionTask>, receiver: Arc<Receiver>) {
    while let Some((incoming, guard)) = receiver.next(&task).await {
        // A panic can only come from a transport: the message is delivered again.
        let processed = catch_panic(pin!(message::process(&task, incoming, guard))).await;
        if let Err(panic) = processed {
            let error = Failure::panic(&*panic);
            task.status.set_last_error(&error);
            let subscription = task.shared.handler.durable();
            tracing::error!(subscription, %error, "a message was not settled");
        }
        // A handler that never waits must not keep other tasks from running.
        consume_budget().await;
    }
}

/// The consumer of a subscription, which one worker has at a time.
#[derive(Debug)]
struct Receiver {
    consumer: Mutex<Option<Box<ResumingConsumer>>>,
    returned: Notify,
    lock: Arc<KeyedLock>,
    idle_workers: AtomicUsize,
    all_busy: Notify,
}

/// The consumer in the hands of one worker; dropping it returns the consumer.
struct ConsumerGuard<'r> {
    receiver: &'r Receiver,
    consumer: Option<Box<ResumingConsumer>>,
}

impl Receiver {
    fn new(consumer: ResumingConsumer) -> Self {
        Self {
            consumer: Mutex::new(Some(Box::new(consumer))),
            returned: Notify::new(),
            lock: Arc::default(),
            idle_workers: AtomicUsize::new(0),
            all_busy: Notify::new(),
        }
    }

    /// Waits for a message, and joins the queue of its key before another one can arrive; `None` if
    /// there will be no more.
    async fn next(&self, task: &SubscriptionTask) -> Option<(Incoming, KeyGuard)> {
        self.idle_workers.fetch_add(1, Ordering::Relaxed);
        let mut guard = self.acquire().await;
        let incoming = match &mut guard.consumer {
            Some(consumer) => task.unless_draining(pin!(consumer.next())).await.flatten(),
            None => None,
        };
        let others = self.idle_workers.fetch_sub(1, Ordering::Relaxed) - 1;
        let incoming = incoming?;
        increment(&task.status.counters.received);
        let key_guard = task.shared.enqueue(&self.lock, &incoming);
        if others == 0 {
            self.all_busy.notify_one();
        }
        Some((incoming, key_guard))
    }

    /// Waits for the consumer. A worker that is running overtakes those that wait, since a switch of
    /// tasks for each message is slower.
    async fn acquire(&self) -> ConsumerGuard<'_> {
        loop {
            let consumer = self.lock().take();
            if consumer.is_some() {
                return ConsumerGuard {
                    receiver: self,
                    consumer,
                };
            }
            self.returned.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<ResumingConsumer>>> {
        self.consumer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConsumerGuard<'_> {
    fn drop(&mut self) {
        *self.receiver.lock() = self.consumer.take();
        // A worker that starts to wait from now on finds the consumer itself.
        if self.receiver.idle_workers.load(Ordering::Relaxed) > 0 {
            self.receiver.returned.notify_one();
        }
    }
}

/// Marks the subscription as stopped, even if a transport panics.
struct StoppedOnDrop<'s>(&'s SubscriptionStatus);

impl Drop for StoppedOnDrop<'_> {
    fn drop(&mut self) {
        self.0.enter(SubscriptionState::Stopped);
    }
}
