//! The receive loop of a subscription.

use std::pin::pin;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::consumer::ResumingConsumer;
use super::counters::increment;
use super::health::SubscriptionState;
use super::keyed_lock::{KeyGuard, KeyedLock};
use super::message;
use super::status::SubscriptionStatus;
use super::subscription::SubscriptionTask;
use eventkit::__private::service::catch_panic;
use eventkit::Failure;
use eventkit::transport::Incoming;

/// Runs a subscription until the service drains, and then until its last message is settled.
pub(crate) async fn run(task: Arc<SubscriptionTask>) {
    let _stopped = StoppedOnDrop(&task.status);
    let subscription = task.subscription();
    let max_in_flight = subscription.max_in_flight.min(Semaphore::MAX_PERMITS);
    let mut consumer = ResumingConsumer::new(
        Arc::clone(&task.transport),
        subscription,
        Arc::clone(&task.status),
    );
    let permits = Arc::new(Semaphore::new(max_in_flight));
    let lock = Arc::new(KeyedLock::default());
    let mut messages = JoinSet::new();
    while let Some((permit, incoming)) = receive(&task, &permits, &mut consumer).await {
        increment(&task.status.counters.received);
        // Here and not in the task, so that events with the same key keep their order.
        let guard = task.shared.enqueue(&lock, &incoming);
        messages.spawn(process(Arc::clone(&task), permit, incoming, guard));
        while messages.try_join_next().is_some() {}
    }
    task.status.enter(SubscriptionState::Draining);
    while messages.join_next().await.is_some() {}
    // Last, since a transport may settle messages through the consumer.
    consumer.close().await;
}

/// Receives the next message when there is room for it; `None` if there will be no more.
async fn receive(
    task: &SubscriptionTask,
    permits: &Arc<Semaphore>,
    consumer: &mut ResumingConsumer,
) -> Option<(OwnedSemaphorePermit, Incoming)> {
    let received = task.unless_draining(async {
        let permit = Arc::clone(permits).acquire_owned().await.ok()?;
        Some((permit, consumer.next().await?))
    });
    received.await.flatten()
}

/// Processes a message. A panic can only come from a transport: the message is delivered again.
async fn process(
    task: Arc<SubscriptionTask>,
    _permit: OwnedSemaphorePermit,
    incoming: Incoming,
    guard: KeyGuard,
) {
    let processed = catch_panic(pin!(message::process(&task, incoming, guard))).await;
    if let Err(panic) = processed {
        let error = Failure::panic(&*panic);
        task.status.set_last_error(&error);
        let subscription = task.shared.handler.durable();
        tracing::error!(subscription, %error, "a message was not settled");
    }
}

/// Marks the subscription as stopped, even if a transport panics.
struct StoppedOnDrop<'s>(&'s SubscriptionStatus);

impl Drop for StoppedOnDrop<'_> {
    fn drop(&mut self) {
        self.0.enter(SubscriptionState::Stopped);
    }
}
