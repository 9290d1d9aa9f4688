//! The stored messages, and the subscriptions that have not settled them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::super::names;
use super::faults::{Fault, Faults};
use super::queue::{Lease, LeaseQueue, Positions};
use eventkit::event::Event;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{
    BoundedMap, DeliveryRecord, Published, RawMessage, StartPosition, Subscription,
    SubscriptionInfo, SubscriptionStatus, TransportError,
};

/// The maximum number of messages that are kept for a later subscription because none matches.
const MAX_UNMATCHED: usize = 1_000;

/// The delay of a message that is returned because a later selection may include it.
const SKIP_DELAY: Duration = Duration::from_secs(1);

/// The content of a message.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Event(Event),
    Raw(Arc<RawContent>),
}

/// A message that was published raw.
#[derive(Debug)]
pub(super) struct RawContent {
    /// The event type that the message was published to.
    pub(super) ty: String,
    pub(super) message: RawMessage,
}

impl Content {
    /// Returns the event type that the message was published to.
    pub(super) fn ty(&self) -> &str {
        match self {
            Self::Event(event) => event.ty(),
            Self::Raw(raw) => &raw.ty,
        }
    }

    /// Returns the key by which duplicates are detected, if the message has an id. The source of an
    /// event is not empty, so an event never has the key of another message.
    fn dedup_key(&self) -> Option<DedupKey> {
        Some(DedupKey::new(match self {
            Self::Event(event) => (event.source().to_owned(), event.id().to_owned()),
            Self::Raw(raw) => (String::new(), raw.message.id.clone()?),
        }))
    }
}

/// The source and id of an event, or an empty source and the id of another message.
type DedupKey = Arc<(String, String)>;

#[derive(Debug)]
struct Stored {
    content: Content,
    published_at: SystemTime,
    /// The number of subscriptions that have not settled the message.
    unsettled: usize,
}

/// An open consumer.
#[derive(Debug)]
pub(super) struct ConsumerHandle {
    /// The index of its queue in the store.
    pub(super) queue: usize,
    pub(super) id: u64,
    subscription: Arc<Subscription>,
    pub(super) generation: u64,
    pub(super) changed: Arc<Notify>,
}

/// The response to a consumer that asks for a message.
#[derive(Debug)]
pub(super) enum Next {
    Message(Content, Lease),
    /// No message is available until the queue changes, or until a time.
    Wait(Option<Instant>),
}

#[derive(Debug)]
pub(super) struct Store {
    open: bool,
    capacity: usize,
    messages: Positions<Stored>,
    /// The messages that no subscription matches.
    unmatched: BTreeSet<u64>,
    last_position: u64,
    /// Queues are never removed, so an index into this list remains valid.
    queues: Vec<LeaseQueue>,
    last_consumer: u64,
    /// The keys of the newest messages that have an id.
    published: BoundedMap<DedupKey, ()>,
    pub(super) faults: Faults,
}

impl Store {
    pub(super) fn new(capacity: usize, dedup_capacity: usize, faults: Faults) -> Self {
        Self {
            open: true,
            capacity,
            messages: Positions::default(),
            unmatched: BTreeSet::new(),
            last_position: 0,
            queues: Vec::new(),
            last_consumer: 0,
            published: BoundedMap::new(dedup_capacity),
            faults,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Returns whether no message waits for a subscription. Before the first subscription is
    /// created, all messages wait.
    pub(super) fn is_settled(&self) -> bool {
        if self.queues.is_empty() {
            return self.messages.is_empty();
        }
        self.messages.len() == self.unmatched.len()
    }

    pub(super) fn unsettled(&self, subscription: &str) -> usize {
        self.queue(subscription).map_or(0, LeaseQueue::len)
    }

    fn queue(&self, subscription: &str) -> Option<&LeaseQueue> {
        let mut queues = self.queues.iter();
        queues.find(|queue| queue.is_named(subscription))
    }

    pub(super) fn status(&self, subscription: &Subscription) -> SubscriptionStatus {
        let mut status = SubscriptionStatus::default();
        if let Some(queue) = self.queue(&subscription.name) {
            status.superseded = queue.supersedes(subscription);
            status.lag = Some(queue.lag());
        }
        status
    }

    pub(super) fn set_open(&mut self, open: bool) {
        self.open = open;
        if !open {
            self.disconnect();
        }
    }

    pub(super) fn disconnect(&mut self) {
        self.queues.iter_mut().for_each(LeaseQueue::disconnect);
    }

    pub(super) fn publish(&mut self, content: Content) -> Result<Published, TransportError> {
        self.check_open()?;
        if self.faults.happens(Fault::RefusePublish) {
            return Err(TransportError::unavailable(
                "injected fault: the message was not stored",
            ));
        }
        let key = content.dedup_key();
        if let Some(key) = &key
            && self.published.contains_key(key)
        {
            return Ok(Published::default().duplicate(true));
        }
        let position = self.store(content.clone())?;
        if let Some(key) = key {
            self.published.insert(key, ());
        }
        if self.faults.happens(Fault::Duplicate) {
            self.store(content)?;
        }
        if self.faults.happens(Fault::LoseConfirmation) {
            return Err(TransportError::unavailable(
                "injected fault: the confirmation was lost",
            ));
        }
        Ok(Published::at(position))
    }

    fn store(&mut self, content: Content) -> Result<u64, TransportError> {
        // Messages that no subscription matches do not count towards the capacity.
        if self.messages.len() - self.unmatched.len() >= self.capacity {
            let full = format!("the store is full: it contains {} messages", self.capacity);
            return Err(TransportError::unavailable(full));
        }
        self.last_position += 1;
        let position = self.last_position;
        let at = self
            .faults
            .choose_delay()
            .map(|delay| Instant::now() + delay.min(FAR_FUTURE));
        let mut unsettled = 0;
        for queue in &mut self.queues {
            if queue.selects(content.ty()) {
                queue.push(position, at);
                unsettled += 1;
            }
        }
        if unsettled == 0 {
            self.keep_unmatched(position);
        }
        let stored = Stored {
            content,
            published_at: SystemTime::now(),
            unsettled,
        };
        self.messages.insert(position, stored);
        Ok(position)
    }

    fn keep_unmatched(&mut self, position: u64) {
        self.unmatched.insert(position);
        if self.unmatched.len() > MAX_UNMATCHED.min(self.capacity)
            && let Some(oldest) = self.unmatched.pop_first()
        {
            self.messages.remove(&oldest);
        }
    }

    /// Opens a consumer. An existing subscription keeps its messages and adopts the new settings.
    pub(super) fn subscribe(
        &mut self,
        subscription: &Subscription,
    ) -> Result<ConsumerHandle, TransportError> {
        self.check_open()?;
        let index = self.upsert_subscription(subscription)?;
        self.last_consumer += 1;
        let subscription = Arc::new(subscription.clone());
        let queue = &mut self.queues[index];
        queue.open(self.last_consumer, Arc::clone(&subscription));
        Ok(ConsumerHandle {
            queue: index,
            id: self.last_consumer,
            subscription,
            generation: queue.generation,
            changed: Arc::clone(&queue.changed),
        })
    }

    /// Closes a consumer; its messages can still be settled.
    pub(super) fn unsubscribe(&mut self, consumer: &ConsumerHandle) {
        self.queues[consumer.queue].close(consumer.id);
    }

    pub(super) fn subscriptions(&self) -> Result<Vec<SubscriptionInfo>, TransportError> {
        self.check_open()?;
        Ok(self.queues.iter().map(LeaseQueue::info).collect())
    }

    /// Creates or updates the queue of a subscription, with the messages that it selects; returns
    /// its index. A queue with a former name is continued.
    pub(super) fn upsert_subscription(
        &mut self,
        subscription: &Subscription,
    ) -> Result<usize, TransportError> {
        subscription.check_patterns()?;
        let named = |name: &str| self.queues.iter().position(|queue| queue.is_named(name));
        let former = || subscription.formerly.iter().find_map(|name| named(name));
        let Some(index) = named(&subscription.name).or_else(former) else {
            let first = self.first_position(subscription.start);
            self.queues
                .push(LeaseQueue::new(subscription.clone(), first));
            let index = self.queues.len() - 1;
            let positions = self.messages.keys().copied().collect();
            self.add_stored(index, positions);
            return Ok(index);
        };
        self.queues[index].update(subscription);
        let unmatched = self.unmatched.iter().copied().collect();
        self.add_stored(index, unmatched);
        Ok(index)
    }

    /// Returns the position of the first message for a subscription with this start position.
    fn first_position(&self, start: Option<StartPosition>) -> u64 {
        let next = self.last_position + 1;
        match start {
            Some(StartPosition::New) => next,
            Some(StartPosition::Time(time)) => {
                let time = SystemTime::from(*time);
                let stored = self.messages.iter();
                let later = stored.filter(|(_, stored)| stored.published_at >= time);
                later.map(|(position, _)| *position).min().unwrap_or(next)
            }
            _ => 0,
        }
    }

    /// Adds stored messages to a queue, if its subscription selects them.
    fn add_stored(&mut self, index: usize, mut positions: Vec<u64>) {
        positions.sort_unstable();
        let queue = &mut self.queues[index];
        for position in positions {
            if let Some(stored) = self.messages.get_mut(&position)
                && queue.takes(position, stored.content.ty())
            {
                queue.push(position, None);
                stored.unsettled += 1;
                self.unmatched.remove(&position);
            }
        }
    }

    /// Leases the next message to a consumer.
    pub(super) fn lease_next(&mut self, consumer: &ConsumerHandle) -> Result<Next, TransportError> {
        self.connected(consumer)?;
        let queue = &mut self.queues[consumer.queue];
        if self.faults.happens(Fault::Disconnect) {
            return Err(inject_disconnect(queue));
        }
        if let Some(lease) = queue.lease_next(consumer.id, Instant::now(), &mut self.faults)
            && let Some(stored) = self.messages.get(&lease.position)
        {
            return Ok(Next::Message(stored.content.clone(), lease));
        }
        Ok(Next::Wait(queue.next_change()))
    }

    /// Returns the event type of a reserved message as the consumer knows it: replays are addressed
    /// to any name of its subscription.
    pub(super) fn reserved_type(&self, consumer: &ConsumerHandle, ty: &str) -> String {
        if self.queues[consumer.queue].is_replay(ty) {
            return names::replay_type(&consumer.subscription.name);
        }
        ty.to_owned()
    }

    /// Settles a message for a subscription, unless a fault prevents it.
    pub(super) fn settle(
        &mut self,
        consumer: &ConsumerHandle,
        lease: Lease,
    ) -> Result<(), TransportError> {
        let crash = self.faults.happens(Fault::CrashBeforeAck);
        let lost = self.faults.happens(Fault::DropAck);
        let queue = self.connected(consumer)?;
        if crash {
            return Err(inject_disconnect(queue));
        }
        if !lost && queue.settle(lease.position) {
            self.remove_settled(lease.position);
        }
        Ok(())
    }

    /// Returns a message, to be delivered again after a delay.
    pub(super) fn release(
        &mut self,
        consumer: &ConsumerHandle,
        lease: Lease,
        delay: Duration,
    ) -> Result<(), TransportError> {
        let queue = self.connected(consumer)?;
        queue.release(lease, delay, Instant::now());
        Ok(())
    }

    /// Settles a message that a consumer does not select, or returns it for a later selection.
    pub(super) fn skip(
        &mut self,
        consumer: &ConsumerHandle,
        lease: Lease,
    ) -> Result<(), TransportError> {
        let queue = self.connected(consumer)?;
        if queue.supersedes(&consumer.subscription) {
            queue.account_for(lease);
            return self.release(consumer, lease, SKIP_DELAY);
        }
        self.settle(consumer, lease)
    }

    /// Returns the `ack_wait` of a subscription, as set by the last consumer that opened it.
    pub(super) fn ack_wait(&self, consumer: &ConsumerHandle) -> Duration {
        self.queues[consumer.queue].subscription.ack_wait
    }

    /// Returns the record of a message, even after the consumer was lost, as a broker would.
    pub(super) fn record(
        &self,
        consumer: &ConsumerHandle,
        lease: Lease,
    ) -> Result<DeliveryRecord, TransportError> {
        self.check_open()?;
        Ok(self.queues[consumer.queue].record(lease.position))
    }

    pub(super) fn set_record(
        &mut self,
        consumer: &ConsumerHandle,
        lease: Lease,
        record: DeliveryRecord,
    ) -> Result<(), TransportError> {
        self.check_open()?;
        self.queues[consumer.queue].set_record(lease.position, record);
        Ok(())
    }

    /// Extends a lease by `ack_wait`.
    pub(super) fn renew(
        &mut self,
        consumer: &ConsumerHandle,
        lease: Lease,
    ) -> Result<(), TransportError> {
        if self.connected(consumer)?.renew(lease, Instant::now()) {
            Ok(())
        } else {
            let message = "the lease of the message has expired";
            Err(TransportError::unavailable(message))
        }
    }

    /// Returns the queue of a consumer whose connection is not lost.
    fn connected(&mut self, consumer: &ConsumerHandle) -> Result<&mut LeaseQueue, TransportError> {
        self.check_open()?;
        let queue = &mut self.queues[consumer.queue];
        if queue.generation == consumer.generation {
            Ok(queue)
        } else {
            let message = "the connection of the consumer was lost";
            Err(TransportError::unavailable(message))
        }
    }

    /// Removes a message once all of its subscriptions have settled it.
    fn remove_settled(&mut self, position: u64) {
        if let Some(stored) = self.messages.get_mut(&position) {
            stored.unsettled -= 1;
            if stored.unsettled == 0 {
                self.messages.remove(&position);
            }
        }
    }

    fn check_open(&self) -> Result<(), TransportError> {
        if self.open {
            Ok(())
        } else {
            Err(TransportError::unavailable(
                "the memory transport is closed",
            ))
        }
    }
}

fn inject_disconnect(queue: &mut LeaseQueue) -> TransportError {
    queue.disconnect();
    TransportError::unavailable("injected fault: the connection was lost")
}
