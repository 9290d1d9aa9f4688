//! The messages that the broker has delivered to a consumer, until they are settled.

use std::collections::HashMap;
use std::future::{poll_fn, ready};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{BoxFuture, Subscription, TransportError};
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tracing::debug;

use super::delivery_tag::DeliveryTag;
use super::error::{answer, transport_error};
use super::queue::{Counts, counts};
use super::received::{End, Received};
use crate::mapping::names::short;

/// The number of messages that a subscription which keeps the order holds back at a time, in addition to
/// those in flight. They stay with the consumer, since a queue would deliver newer ones first.
pub(super) const MAX_HELD: u16 = 1_000;

/// The priority of a consumer that receives messages only if no other consumer of the queue can.
const MIN_PRIORITY: i32 = -1_000;

/// The messages of a consumer, on its channel.
#[derive(Debug)]
pub(super) struct Deliveries {
    pub(super) subscription: Subscription,
    pub(super) queue: Arc<str>,
    pub(super) channel: Channel,
    /// The time limit of a request to the broker.
    pub(super) timeout: Duration,
    received: Mutex<Received>,
    in_flight: Mutex<HashMap<u64, InFlight>>,
    /// The messages that go back when the consumer is asked for the next one.
    given_back: Mutex<Vec<DeliveryTag>>,
    /// Wakes the consumer for another reason than a delivery.
    wake: Notify,
    failure: Mutex<Option<TransportError>>,
    /// Whether the consumer was closed.
    pub(super) closed: watch::Sender<bool>,
    /// The tasks that return messages.
    tasks: Mutex<JoinSet<()>>,
}

/// A message that was delivered and is not settled.
#[derive(Debug)]
struct InFlight {
    tag: DeliveryTag,
    /// The time at which the message is returned, unless its progress is reported.
    deadline: Instant,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Handling,
    /// The message was returned, and waits here.
    Held,
    /// The message is published again, and then acknowledged.
    Returning,
}

impl Deliveries {
    pub(super) fn new(
        subscription: Subscription,
        queue: Arc<str>,
        (channel, consumer): (Channel, lapin::Consumer),
        timeout: Duration,
    ) -> Self {
        Self {
            subscription,
            queue,
            channel,
            timeout,
            received: Mutex::new(Received::new(consumer)),
            in_flight: Mutex::default(),
            given_back: Mutex::default(),
            wake: Notify::new(),
            failure: Mutex::default(),
            closed: watch::Sender::new(false),
            tasks: Mutex::default(),
        }
    }

    fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_flight(&self) -> MutexGuard<'_, HashMap<u64, InFlight>> {
        self.in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the consumer: its next call returns the error.
    pub(super) fn fail(&self, error: TransportError) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        self.wake.notify_one();
    }

    /// Waits for the next delivery.
    pub(super) async fn next(&self) -> Result<Delivery, TransportError> {
        loop {
            let failure = self
                .failure
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(failure) = failure {
                return Err(failure);
            }
            self.return_given_back();
            tokio::select! {
                biased;
                delivery = poll_fn(|context| self.received().poll(context)) => {
                    return delivery.map_err(|end| self.lost(end));
                }
                () = self.wake.notified() => {}
            }
        }
    }

    /// Returns the error of a consumer that gets no more messages.
    fn lost(&self, end: End) -> TransportError {
        let name = &self.subscription.name;
        match end {
            End::Lost(error) => transport_error(&format!("receive messages of `{name}`"), error),
            End::Cancelled => TransportError::unavailable(format!(
                "the consumer `{name}` is lost: the queue `{}` was deleted, or its node of the broker stopped",
                self.queue
            )),
        }
    }

    /// Returns the number of messages that the consumer has and that are not settled.
    pub(super) fn in_hand(&self) -> u64 {
        let waiting = {
            let mut received = self.received();
            received.drain();
            received.deliveries.len()
        };
        // The waker of the consumer was replaced.
        self.wake.notify_one();
        let in_flight = self.in_flight();
        let is_open = |own: &&InFlight| own.tag.is_open(&self.channel);
        let in_flight = in_flight.values().filter(is_open);
        (waiting + in_flight.count()) as u64
    }

    /// Returns the counts of the queue, once all messages that they do not include are in hand.
    pub(super) async fn counts(&self) -> Result<Option<Counts>, TransportError> {
        let counts = counts(&self.channel, &self.queue, self.timeout).await?;
        self.flush().await?;
        Ok(counts)
    }

    /// Waits until the broker has handled all requests of the channel before this one, and until this process
    /// has all messages that the broker sent meanwhile.
    pub(super) async fn flush(&self) -> Result<(), TransportError> {
        let prefetch = prefetch(&self.subscription);
        // Any request would do. This one only affects later consumers of the channel.
        let request = self.channel.basic_qos(prefetch, BasicQosOptions::default());
        answer("wait for the broker", self.timeout, request).await
    }

    /// Adds a message that is in flight from now on.
    pub(super) fn add(&self, tag: DeliveryTag) {
        let deadline = Instant::now() + self.subscription.ack_wait.min(FAR_FUTURE);
        self.in_flight().insert(
            tag.number,
            InFlight {
                tag,
                deadline,
                stage: Stage::Handling,
            },
        );
    }

    /// Extends the deadline of a message, and returns whether it is still in flight.
    pub(super) fn extend(&self, tag: u64, time: Duration) -> bool {
        let mut in_flight = self.in_flight();
        let Some(message) = in_flight.get_mut(&tag) else {
            return false;
        };
        message.deadline = Instant::now() + time.min(FAR_FUTURE);
        message.tag.is_open(&self.channel)
    }

    /// Keeps a message that was returned with a delay.
    pub(super) fn hold(&self, tag: u64) {
        if let Some(message) = self.in_flight().get_mut(&tag) {
            message.stage = Stage::Held;
            message.deadline = Instant::now() + FAR_FUTURE;
        }
    }

    /// Keeps a message in flight until it is published again and acknowledged, and returns whether it still is.
    ///
    /// Otherwise the broker would deliver it twice: the published message, and the one that goes back when its
    /// `ack_wait` passes or the channel closes.
    pub(super) fn start_return(&self, tag: u64) -> bool {
        let mut in_flight = self.in_flight();
        let Some(message) = in_flight.get_mut(&tag) else {
            return false;
        };
        // A closed consumer returns the messages that it holds.
        let goes_back = message.stage == Stage::Held && *self.closed.borrow();
        let starts = message.tag.is_open(&self.channel) && !goes_back;
        if starts {
            message.stage = Stage::Returning;
        }
        starts
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a task that returns a message, for which [`stop`](Self::stop) waits.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Waits until all tasks have ended, up to half the time limit of a request. They go on if the future is
    /// dropped.
    async fn join_tasks(&self) {
        let joining = async {
            while poll_fn(|context| self.tasks().poll_join_next(context))
                .await
                .is_some()
            {}
        };
        if timeout(self.timeout / 2, joining).await.is_err() {
            debug!(queue = %self.queue, "failed to return all messages of a consumer in time");
        }
    }

    /// Removes a message, and returns it to the queue if it is not settled.
    ///
    /// If the order is kept, it is returned when the consumer is asked for the next message. A service that stops
    /// does not ask for one, and closes the consumer, which returns all messages in their order. Otherwise the broker
    /// would send this message again meanwhile, behind those that wait here.
    pub(super) fn release(&self, tag: &DeliveryTag) {
        let waits = self.subscription.keeps_order && tag.is_open(&self.channel);
        if !waits || *self.closed.borrow() {
            self.in_flight().remove(&tag.number);
            if !self.returns_by_closing() {
                tag.requeue(&self.channel);
            }
            return;
        }
        if let Some(message) = self.in_flight().get_mut(&tag.number) {
            message.stage = Stage::Held;
            message.deadline = Instant::now() + self.subscription.ack_wait.min(FAR_FUTURE);
        }
        self.given_back().push(tag.clone());
        self.wake.notify_one();
    }

    fn given_back(&self) -> MutexGuard<'_, Vec<DeliveryTag>> {
        self.given_back
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the messages that were given back.
    fn return_given_back(&self) {
        let given_back = mem::take(&mut *self.given_back());
        for tag in given_back {
            self.in_flight().remove(&tag.number);
            tag.requeue(&self.channel);
        }
    }

    /// Returns whether the end of the channel returns what is not settled, all at once and in its order. The
    /// broker does not keep the order of messages that a cancelled consumer returns one by one.
    pub(super) fn returns_by_closing(&self) -> bool {
        self.subscription.keeps_order && *self.closed.borrow()
    }

    /// Returns whether a message is being handled.
    pub(super) fn is_handling(&self) -> bool {
        let in_flight = self.in_flight();
        let mut in_flight = in_flight.values();
        in_flight.any(|own| own.stage != Stage::Held && own.tag.is_open(&self.channel))
    }

    /// Returns the held messages to the queue, the oldest first.
    pub(super) fn return_held(&self) {
        let in_flight = self.in_flight();
        let held = in_flight.values().filter(|own| own.stage == Stage::Held);
        let mut held: Vec<&DeliveryTag> = held.map(|own| &own.tag).collect();
        held.sort_by_key(|tag| tag.number);
        for tag in held {
            tag.requeue(&self.channel);
        }
    }

    /// Returns the messages whose deadline has passed.
    pub(super) fn return_expired(&self) {
        let now = Instant::now();
        self.in_flight().retain(|_, message| {
            let is_expired = message.deadline <= now && message.stage != Stage::Returning;
            if is_expired {
                message.tag.requeue(&self.channel);
            }
            !is_expired
        });
    }

    /// Waits for all tasks, and then cancels the consumer, unless it keeps the order. If there are no tasks, the request
    /// to cancel is sent before this returns, so that the consumer does not receive messages that are returned
    /// afterwards.
    pub(super) fn stop(self: &Arc<Self>) -> BoxFuture<'static, lapin::Result<()>> {
        self.closed.send_replace(true);
        let own = Arc::clone(self);
        let mut stopping: BoxFuture<'static, _> = Box::pin(async move {
            own.join_tasks().await;
            if own.subscription.keeps_order {
                return Ok(());
            }
            own.cancel().await
        });
        match stopping
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(done) => Box::pin(ready(done)),
            Poll::Pending => stopping,
        }
    }

    /// Cancels the consumer. The broker appends messages that have not reached the channel yet to the end of the queue,
    /// behind newer ones.
    ///
    /// The broker answers when the queue has applied earlier acknowledgements. Of those that follow, it passes on 32
    /// at a time, and drops the others if the channel ends.
    pub(super) async fn cancel(&self) -> lapin::Result<()> {
        let tag = self.received().consumer.tag();
        let options = BasicCancelOptions::default();
        self.channel.basic_cancel(tag, options).await
    }

    /// Waits until the queue has applied the acknowledgements that were passed to it; the broker then passes on the
    /// others.
    ///
    /// Only `basic.consume` and `basic.cancel` wait for the queue, and a cancelled consumer would lose the order. So
    /// this adds a second consumer to the channel, which the caller must close afterwards. It has no credit, and
    /// receives nothing. A broker that ignores the credit may send it one message, and returns that message after
    /// those of the first consumer, since it returns them in the order of the consumers and of their tags.
    pub(super) async fn flush_acknowledgements(&self) -> lapin::Result<lapin::Consumer> {
        let (channel, queue) = (&self.channel, short(&self.queue));
        channel.basic_qos(1, BasicQosOptions::default()).await?;
        let mut credit = FieldTable::default();
        credit.insert(short("credit"), AMQPValue::LongLongInt(0));
        credit.insert(short("drain"), AMQPValue::Boolean(false));
        let mut arguments = FieldTable::default();
        arguments.insert(short("x-credit"), AMQPValue::FieldTable(credit));
        arguments.insert(short("x-priority"), AMQPValue::LongInt(MIN_PRIORITY));
        let options = BasicConsumeOptions::default();
        let tag = short("eventkit-last");
        channel.basic_consume(queue, tag, options, arguments).await
    }

    /// Takes the received messages that the consumer has not delivered.
    pub(super) fn take_undelivered(&self) -> Vec<Delivery> {
        let mut received = self.received();
        received.drain();
        received.deliveries.drain(..).collect()
    }
}

/// Returns the maximum number of unsettled messages that the broker sends.
pub(super) fn prefetch(subscription: &Subscription) -> u16 {
    let in_flight = u16::try_from(subscription.max_in_flight).unwrap_or(u16::MAX);
    if subscription.keeps_order {
        in_flight.saturating_add(MAX_HELD)
    } else {
        in_flight
    }
}
