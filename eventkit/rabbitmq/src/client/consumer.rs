//! The consumer of a subscription, and what it shares with the messages that it delivered.

use std::collections::HashMap;
use std::future::{poll_fn, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{
    BoxFuture, Consumer, Incoming, REPLAY_PREFIX, ReservedMessage, Subscription, TransportError,
};
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{BasicCancelOptions, BasicQosOptions};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tracing::debug;

use super::acknowledger::RabbitAcknowledger;
use super::delivery_tag::DeliveryTag;
use super::error::{answer, transport_error};
use super::keeper::Keeper;
use super::queue::{Counts, counts};
use super::received::{End, Received};
use super::received_message::{Origin, ReceivedMessage};
use super::record;
use super::shared::Shared;
use super::state::Entry;
use crate::mapping::message;
use crate::mapping::names::short;

/// The number of messages that a subscription which keeps the order holds back at a time, in addition to
/// those in flight. They stay with the consumer, since a queue would deliver newer ones first.
pub(super) const MAX_HELD: u16 = 1_000;

/// The reply code of AMQP for the end of a channel that nothing is wrong with.
const REPLY_SUCCESS: u16 = 200;

/// What a consumer shares with the messages that it delivered, for as long as one of them is not settled.
#[derive(Debug)]
pub(super) struct ConsumerState {
    pub(super) shared: Arc<Shared>,
    pub(super) subscription: Subscription,
    pub(super) queue: Arc<str>,
    /// The digest of the selection.
    pub(super) digest: String,
    pub(super) channel: Channel,
    received: Mutex<Received>,
    in_flight: Mutex<HashMap<u64, InFlight>>,
    /// Wakes the consumer for another reason than a delivery.
    wake: Notify,
    failure: Mutex<Option<TransportError>>,
    /// Whether the consumer was closed.
    pub(super) closed: watch::Sender<bool>,
}

/// A message that the subscription selects.
#[derive(Debug)]
enum Selected {
    Ordinary,
    /// A message of a reserved event type, which is as the service knows it.
    Reserved(String),
}

/// A message that was delivered and is not settled.
#[derive(Debug)]
struct InFlight {
    tag: DeliveryTag,
    /// The time at which the message is returned, if nothing is heard of it.
    deadline: Instant,
    /// Whether the message was returned with a delay, and waits here.
    is_held: bool,
}

/// A consumer of this process, as the transport knows it.
#[derive(Debug, Clone)]
pub(super) struct Channels(Weak<ConsumerState>);

/// The consumer of a subscription.
#[derive(Debug)]
pub(super) struct RabbitConsumer {
    state: Arc<ConsumerState>,
    /// One for each message in flight, if the subscription keeps the order; otherwise the broker counts.
    permits: Option<Arc<Semaphore>>,
    is_closed: bool,
    _keeper: Keeper,
}

impl Channels {
    pub(super) fn is_in_use(&self) -> bool {
        self.0.strong_count() > 0
    }

    pub(super) fn in_hand(&self) -> u64 {
        self.0.upgrade().map_or(0, |state| state.in_hand())
    }

    pub(super) fn upgrade(&self) -> Option<Arc<ConsumerState>> {
        self.0.upgrade()
    }
}

impl RabbitConsumer {
    pub(super) fn new(
        shared: &Arc<Shared>,
        subscription: &Subscription,
        (queue, digest): (String, String),
        channel: Channel,
        consumer: lapin::Consumer,
    ) -> Self {
        let max_in_flight = subscription.max_in_flight;
        let permits = subscription.keeps_order;
        let state = Arc::new(ConsumerState {
            shared: Arc::clone(shared),
            subscription: subscription.clone(),
            queue: queue.into(),
            digest,
            channel,
            received: Mutex::new(Received::new(consumer)),
            in_flight: Mutex::default(),
            wake: Notify::new(),
            failure: Mutex::default(),
            closed: watch::Sender::new(false),
        });
        shared.with_facts(&state.queue, |facts| {
            facts.consumers.push(Channels(Arc::downgrade(&state)));
        });
        Self {
            permits: permits.then(|| Arc::new(Semaphore::new(max_in_flight))),
            is_closed: false,
            _keeper: Keeper::start(&state),
            state,
        }
    }

    async fn receive(&mut self) -> Result<Incoming, TransportError> {
        loop {
            let permit = match &self.permits {
                Some(permits) => Arc::clone(permits).acquire_owned().await.ok(),
                None => None,
            };
            let delivery = self.state.next_delivery().await?;
            if let Some(incoming) = self.state.accept(delivery, permit) {
                return Ok(incoming);
            }
        }
    }
}

impl ConsumerState {
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

    async fn next_delivery(&self) -> Result<Delivery, TransportError> {
        loop {
            let failure = self
                .failure
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(failure) = failure {
                return Err(failure);
            }
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
    fn in_hand(&self) -> u64 {
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
        let timeout = self.shared.timeout;
        let counts = counts(&self.channel, &self.queue, timeout).await?;
        self.flush().await?;
        Ok(counts)
    }

    /// Waits until the broker has handled all requests of the channel before this one, and until this process
    /// has all messages that the broker sent meanwhile.
    async fn flush(&self) -> Result<(), TransportError> {
        let prefetch = prefetch(&self.subscription);
        // Any request would do. This one has effects on later consumers of the channel alone.
        let request = self.channel.basic_qos(prefetch, BasicQosOptions::default());
        answer("wait for the broker", self.shared.timeout, request).await
    }

    /// Returns the message of a delivery; `None` if it is not for the service now.
    fn accept(
        self: &Arc<Self>,
        delivery: Delivery,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Option<Incoming> {
        let received = ReceivedMessage::read(&self.shared.names, delivery);
        let metadata = received.metadata;
        if received.waits() {
            tokio::spawn(self.acknowledger(received, None).wait_on());
            return None;
        }
        let Some(selected) = self.selected(&received.origin) else {
            let acknowledger = self.acknowledger(received, None);
            tokio::spawn(async move {
                let skipped = acknowledger.skip(metadata).await;
                if let Err(error) = skipped {
                    debug!(%error, "failed to skip a message");
                }
            });
            return None;
        };
        let event = message::decode(self.shared.limits, &received.properties, &received.body);
        let reserved = match selected {
            Selected::Ordinary => None,
            Selected::Reserved(ty) => Some(ReservedMessage::new(
                ty,
                message::owned_pairs(&received.properties),
            )),
        };
        let deadline = Instant::now() + self.subscription.ack_wait.min(FAR_FUTURE);
        let tag = received.tag.clone();
        self.in_flight().insert(
            tag.number,
            InFlight {
                tag,
                deadline,
                is_held: false,
            },
        );
        let acknowledger = Arc::new(self.acknowledger(received, permit));
        let incoming = Incoming::new(event, metadata, acknowledger);
        Some(match reserved {
            Some(reserved) => incoming.with_reserved(reserved),
            None => incoming,
        })
    }

    fn acknowledger(
        self: &Arc<Self>,
        received: ReceivedMessage,
        permit: Option<OwnedSemaphorePermit>,
    ) -> RabbitAcknowledger {
        RabbitAcknowledger::new(
            Arc::clone(self),
            received.tag,
            received.origin,
            (received.properties, received.body),
            (received.redeliveries, received.returned),
            permit,
        )
    }

    /// Returns how the subscription selects a message; `None` if it does not.
    ///
    /// A replay is addressed to any name of the subscription, and is delivered with that of this process.
    fn selected(&self, origin: &Origin) -> Option<Selected> {
        let key = &origin.key;
        if origin.exchange != self.shared.names.services {
            return self.subscription.selects(key).then_some(Selected::Ordinary);
        }
        let name = key.strip_prefix(REPLAY_PREFIX);
        let is_own = name.is_some_and(|name| {
            self.shared.log.look(|state| {
                let own = state.find(&self.subscription.name);
                own.is_some_and(|own| own.queue == *self.queue && own.is_named(name))
            })
        });
        if is_own {
            let ty = format!("{REPLAY_PREFIX}{}", self.subscription.name);
            return Some(Selected::Reserved(ty));
        }
        let is_selected = self.subscription.selects(key);
        is_selected.then(|| Selected::Reserved(key.clone()))
    }

    /// Returns the time after which the message is returned if nothing is heard of it.
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
            message.is_held = true;
            message.deadline = Instant::now() + FAR_FUTURE;
        }
    }

    /// Forgets a message, and returns it if it is not settled.
    pub(super) fn release(&self, tag: &DeliveryTag) {
        self.in_flight().remove(&tag.number);
        if !self.returns_by_closing() {
            tag.requeue(&self.channel);
        }
    }

    /// Returns whether the end of the channel returns what is not settled, all at once and in its order. The
    /// broker does not keep the order of messages that a cancelled consumer returns one by one.
    pub(super) fn returns_by_closing(&self) -> bool {
        self.subscription.keeps_order && *self.closed.borrow()
    }

    /// Returns whether a message is being handled.
    fn is_handling(&self) -> bool {
        let in_flight = self.in_flight();
        let mut in_flight = in_flight.values();
        in_flight.any(|own| !own.is_held && own.tag.is_open(&self.channel))
    }

    /// Returns the messages that wait here, the oldest first.
    fn return_held(&self) {
        let in_flight = self.in_flight();
        let held = in_flight.values().filter(|own| own.is_held);
        let mut held: Vec<&DeliveryTag> = held.map(|own| &own.tag).collect();
        held.sort_by_key(|tag| tag.number);
        for tag in held {
            tag.requeue(&self.channel);
        }
    }

    /// Returns the messages of which nothing was heard for too long.
    pub(super) fn return_expired(&self) {
        let now = Instant::now();
        let in_flight = self.in_flight();
        let expired = in_flight.values().filter(|own| own.deadline <= now);
        for message in expired {
            message.tag.requeue(&self.channel);
        }
    }

    /// Asks the broker to send no more messages. The request is sent before this returns, so that messages which
    /// are returned afterwards do not come to this consumer again.
    fn cancel(self: &Arc<Self>) -> BoxFuture<'static, lapin::Result<()>> {
        self.closed.send_replace(true);
        let state = Arc::clone(self);
        let tag = state.received().consumer.tag();
        let mut cancelling: BoxFuture<'static, _> = Box::pin(async move {
            let options = BasicCancelOptions::default();
            state.channel.basic_cancel(tag, options).await
        });
        match cancelling
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(done) => Box::pin(ready(done)),
            Poll::Pending => cancelling,
        }
    }

    /// Stops the consumer, and returns the messages that it did not deliver.
    async fn close(
        self: Arc<Self>,
        cancelling: BoxFuture<'static, lapin::Result<()>>,
    ) -> Result<(), TransportError> {
        if !self.channel.status().connected() {
            // The broker has returned them.
            return Ok(());
        }
        let timeout = self.shared.timeout;
        answer("cancel a consumer", timeout, cancelling).await?;
        let undelivered: Vec<Delivery> = {
            let mut received = self.received();
            received.drain();
            received.deliveries.drain(..).collect()
        };
        let tags = self.account_for(undelivered).await;
        if !self.is_handling() {
            // The broker returns everything in its order, and what it sent at the very moment of the
            // cancellation, which does not reach this process.
            let closing = self.channel.close(REPLY_SUCCESS, short("closed"));
            return answer("close a channel", timeout, closing).await;
        }
        // The channel ends when the last message of it is settled.
        if self.returns_by_closing() {
            return Ok(());
        }
        self.return_held();
        for tag in tags {
            tag.requeue(&self.channel);
        }
        self.flush().await
    }

    /// Records that messages were not handled, and returns their tags. Otherwise each of them would be suspected
    /// of having ended the process.
    async fn account_for(&self, undelivered: Vec<Delivery>) -> Vec<DeliveryTag> {
        let (mut messages, mut tags) = (Vec::new(), Vec::new());
        for delivery in undelivered {
            let received = ReceivedMessage::read(&self.shared.names, delivery);
            let limits = self.shared.limits;
            let event = message::decode(limits, &received.properties, &received.body);
            let key = record::key(&received.origin.key, &event);
            messages.push((key, received.metadata.delivery_count));
            tags.push(received.tag);
        }
        let entry = Entry::Return {
            queue: self.queue.to_string(),
            messages,
        };
        if !tags.is_empty()
            && let Err(error) = self.shared.log.note(entry).await
        {
            debug!(%error, "failed to record that messages were returned");
        }
        tags
    }
}

/// Returns how many messages the broker sends before one of them is settled.
pub(super) fn prefetch(subscription: &Subscription) -> u16 {
    let in_flight = u16::try_from(subscription.max_in_flight).unwrap_or(u16::MAX);
    if subscription.keeps_order {
        in_flight.saturating_add(MAX_HELD)
    } else {
        in_flight
    }
}

impl Consumer for RabbitConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        Box::pin(async { self.receive().await.map(Some) })
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        self.is_closed = true;
        let state = Arc::clone(&self.state);
        let cancelling = state.cancel();
        Box::pin(state.close(cancelling))
    }
}

impl Drop for RabbitConsumer {
    /// Returns undelivered messages in the background.
    fn drop(&mut self) {
        if self.is_closed {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let state = Arc::clone(&self.state);
            let (shared, queue) = (Arc::clone(&state.shared), Arc::clone(&state.queue));
            let cancelling = state.cancel();
            let closing = runtime.spawn(async move {
                if let Err(error) = state.close(cancelling).await {
                    debug!(%error, "failed to close a consumer");
                }
            });
            shared.add_closing(&queue, closing);
        }
    }
}
