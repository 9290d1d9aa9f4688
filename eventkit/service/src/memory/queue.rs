//! The messages that a subscription has not settled.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::faults::Faults;
use super::selections::UsedSelections;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{
    DeliveryRecord, MessageMetadata, REPLAY_PREFIX, Subscription, SubscriptionInfo,
};

/// The number of messages from which a fault chooses the next one.
const REORDER_WINDOW: usize = 16;

/// The messages of a subscription, by their position in the store.
#[derive(Debug)]
pub(super) struct LeaseQueue {
    /// The subscription with the latest selection, and with its latest name.
    pub(super) subscription: Subscription,
    selections: UsedSelections,
    /// The position of the first message for the subscription.
    first: u64,
    /// The former names of the subscription.
    former_names: Vec<String>,
    /// The messages that can be leased now, in order.
    ready: VecDeque<u64>,
    /// The messages that can be leased later.
    delayed: BTreeSet<(Instant, u64)>,
    /// The leased messages.
    leased: Positions<LeaseState>,
    /// The time at which each lease expires, in order.
    deadlines: VecDeque<(Instant, u64)>,
    /// The number of leases of each consumer.
    lease_counts: Vec<(u64, usize)>,
    /// The delivery count of each message that was delivered and returned.
    delivery_counts: Positions<u32>,
    /// The records that consumers stored for messages.
    records: Positions<DeliveryRecord>,
    /// The open consumers, each with its subscription.
    consumers: Vec<(u64, Arc<Subscription>)>,
    /// Incremented when all consumers are lost.
    pub(super) generation: u64,
    pub(super) changed: Arc<Notify>,
}

/// A map by the position of a message in the store.
pub(super) type Positions<T> = HashMap<u64, T, foldhash::fast::FixedState>;

#[derive(Debug)]
struct LeaseState {
    consumer: u64,
    until: Instant,
    delivery_count: u32,
}

/// One delivery of a message to a consumer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    pub(super) position: u64,
    pub(super) delivery_count: u32,
}

impl Lease {
    /// Returns the lease that belongs to the metadata of a delivered message; positions start at 1.
    pub(super) fn of(message: MessageMetadata) -> Self {
        Self {
            position: message.position.unwrap_or_default(),
            delivery_count: message.delivery_count,
        }
    }
}

impl LeaseQueue {
    pub(super) fn new(subscription: Subscription, first: u64) -> Self {
        Self {
            first,
            selections: UsedSelections::new(&subscription),
            former_names: Vec::new(),
            subscription,
            ready: VecDeque::new(),
            delayed: BTreeSet::new(),
            leased: Positions::default(),
            deadlines: VecDeque::new(),
            lease_counts: Vec::new(),
            delivery_counts: Positions::default(),
            records: Positions::default(),
            consumers: Vec::new(),
            generation: 0,
            changed: Arc::default(),
        }
    }

    /// Adds a message, to be delivered at once or at a time.
    pub(super) fn push(&mut self, position: u64, at: Option<Instant>) {
        match at {
            None => insert(&mut self.ready, position),
            Some(at) => drop(self.delayed.insert((at, position))),
        }
        self.changed.notify_waiters();
    }

    /// Returns whether the subscription receives a message that is already stored.
    pub(super) fn takes(&self, position: u64, ty: &str) -> bool {
        position >= self.first && self.selects(ty)
    }

    /// Returns whether the subscription selects an event type, or receives replays with this type.
    pub(super) fn selects(&self, ty: &str) -> bool {
        self.subscription.selects(ty) || self.is_replay(ty)
    }

    /// Returns whether an event type is used for replays to the subscription, by its current or a
    /// former name.
    ///
    /// A process of an earlier deployment does not know names that were added later.
    pub(super) fn is_replay(&self, ty: &str) -> bool {
        let name = ty.strip_prefix(REPLAY_PREFIX);
        name.is_some_and(|name| self.is_named(name))
    }

    /// Returns whether this is the queue of a subscription, by its current or a former name.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.subscription.name == name || self.former_names.iter().any(|former| former == name)
    }

    /// Adopts the settings and the name of a subscription, unless its selection is superseded.
    pub(super) fn update(&mut self, subscription: &Subscription) {
        let open = self.consumers.iter().map(|(_, own)| &**own);
        if !self.selections.record(subscription, open) {
            return;
        }
        let is_named = self.is_named(&subscription.name);
        let former = mem::replace(&mut self.subscription, subscription.clone());
        if is_named {
            // A process of an earlier deployment opens a renamed subscription by its former name.
            self.subscription.name = former.name;
        } else {
            self.former_names.push(former.name);
        }
        // The consumers may have room now.
        self.changed.notify_waiters();
    }

    /// Returns whether a later selection than that of a subscription is recorded.
    pub(super) fn supersedes(&self, subscription: &Subscription) -> bool {
        self.selections.supersede(subscription)
    }

    pub(super) fn record(&self, position: u64) -> DeliveryRecord {
        self.records.get(&position).copied().unwrap_or_default()
    }

    /// Stores the record of a message, unless the message is settled.
    pub(super) fn set_record(&mut self, position: u64, record: DeliveryRecord) {
        let is_delivered = self.leased.contains_key(&position);
        if is_delivered || self.delivery_counts.contains_key(&position) {
            self.records.insert(position, record);
        }
    }

    /// Records that a delivery ended without an attempt, if all deliveries before it are accounted
    /// for.
    pub(super) fn account_for(&mut self, lease: Lease) {
        let record = self.record(lease.position);
        if let Some(record) = record.accounting_for(lease.delivery_count) {
            self.set_record(lease.position, record);
        }
    }

    pub(super) fn open(&mut self, consumer: u64, subscription: Arc<Subscription>) {
        if subscription.keeps_order {
            self.end_delays();
        }
        self.consumers.push((consumer, subscription));
    }

    /// Makes the messages available that were returned with a delay: a new process does not know
    /// that it must wait for them.
    fn end_delays(&mut self) {
        let counts = &self.delivery_counts;
        let returned = self
            .delayed
            .extract_if(.., |(_, position)| counts.contains_key(position));
        for (_, position) in returned {
            insert(&mut self.ready, position);
        }
    }

    /// Closes a consumer; its leases remain valid.
    pub(super) fn close(&mut self, consumer: u64) {
        let open = self.consumers.iter().position(|(id, _)| *id == consumer);
        if let Some(open) = open {
            let (_, subscription) = self.consumers.remove(open);
            self.selections.touch(&subscription);
        }
    }

    pub(super) fn info(&self) -> SubscriptionInfo {
        let has_consumer = !self.consumers.is_empty();
        let name = self.subscription.name.clone();
        let former = self.former_names.iter().chain(&self.subscription.formerly);
        let former: BTreeSet<&String> = former.filter(|former| **former != name).collect();
        SubscriptionInfo::new(name, has_consumer, self.len() as u64)
            .with_former_names(former.into_iter().cloned().collect())
    }

    /// Returns the number of messages that were never delivered.
    pub(super) fn lag(&self) -> u64 {
        // Messages that wait to be delivered again have a delivery count.
        (self.ready.len() + self.delayed.len() - self.delivery_counts.len()) as u64
    }

    /// Returns the number of messages that are not settled.
    pub(super) fn len(&self) -> usize {
        self.ready.len() + self.delayed.len() + self.leased.len()
    }

    /// Leases the next message to a consumer: the oldest one, unless a fault chooses another.
    pub(super) fn lease_next(
        &mut self,
        consumer: u64,
        now: Instant,
        faults: &mut Faults,
    ) -> Option<Lease> {
        self.refresh(now);
        let own = self.lease_counts.iter().position(|(id, _)| *id == consumer);
        let count = own.map_or(0, |own| self.lease_counts[own].1);
        if count >= self.subscription.max_in_flight.max(1) {
            return None;
        }
        let index = faults.choose(self.ready.len().min(REORDER_WINDOW));
        if self.is_overtaking(*self.ready.get(index)?) {
            return None;
        }
        let position = self.ready.remove(index)?;
        match own {
            Some(own) => self.lease_counts[own].1 += 1,
            None => self.lease_counts.push((consumer, 1)),
        }
        let delivered = self.delivery_counts.remove(&position).unwrap_or(0);
        let delivery_count = delivered.saturating_add(1);
        let until = now + self.subscription.ack_wait.min(FAR_FUTURE);
        insert(&mut self.deadlines, (until, position));
        let state = LeaseState {
            consumer,
            until,
            delivery_count,
        };
        self.leased.insert(position, state);
        Some(Lease {
            position,
            delivery_count,
        })
    }

    /// Returns whether leasing a message would overtake an older one that a lost consumer holds,
    /// although the subscription keeps the order.
    fn is_overtaking(&self, position: u64) -> bool {
        let is_lost = |consumer: u64| self.consumers.iter().all(|(open, _)| *open != consumer);
        self.subscription.keeps_order
            && self.lease_counts.iter().any(|(id, _)| is_lost(*id))
            && self
                .leased
                .iter()
                .any(|(older, lease)| *older < position && is_lost(lease.consumer))
    }

    /// Returns the next time at which a message becomes available without any other change.
    pub(super) fn next_change(&self) -> Option<Instant> {
        let times = self
            .delayed
            .first()
            .into_iter()
            .chain(self.deadlines.front());
        times.map(|(at, _)| *at).min()
    }

    /// Settles a message, even if its lease has expired; returns whether it was found.
    pub(super) fn settle(&mut self, position: u64) -> bool {
        let found = self.end_lease(position).is_some()
            || remove(&mut self.ready, &position)
            || self.remove_delayed(position);
        if !self.delivery_counts.is_empty() {
            self.delivery_counts.remove(&position);
        }
        if !self.records.is_empty() {
            self.records.remove(&position);
        }
        found
    }

    fn remove_delayed(&mut self, position: u64) -> bool {
        let key = self.delayed.iter().find(|(_, own)| *own == position);
        key.copied().is_some_and(|key| self.delayed.remove(&key))
    }

    /// Returns a message, to be delivered again after a delay.
    pub(super) fn release(&mut self, lease: Lease, delay: Duration, now: Instant) {
        if !self.is_current(lease) {
            return;
        }
        self.end_lease(lease.position);
        self.delivery_counts
            .insert(lease.position, lease.delivery_count);
        let at = (!delay.is_zero()).then(|| now + delay.min(FAR_FUTURE));
        self.push(lease.position, at);
    }

    /// Extends a lease by `ack_wait`; returns `false` if it has expired.
    pub(super) fn renew(&mut self, lease: Lease, now: Instant) -> bool {
        self.refresh(now);
        if !self.is_current(lease) {
            return false;
        }
        if let Some(state) = self.leased.get_mut(&lease.position) {
            remove(&mut self.deadlines, &(state.until, lease.position));
            state.until = now + self.subscription.ack_wait.min(FAR_FUTURE);
            insert(&mut self.deadlines, (state.until, lease.position));
        }
        true
    }

    /// Disconnects all consumers, and ends their leases.
    pub(super) fn disconnect(&mut self) {
        self.generation += 1;
        for (_, subscription) in self.consumers.drain(..) {
            self.selections.touch(&subscription);
        }
        self.deadlines.clear();
        self.lease_counts.clear();
        for (position, state) in self.leased.drain() {
            self.delivery_counts.insert(position, state.delivery_count);
            insert(&mut self.ready, position);
        }
        self.changed.notify_waiters();
    }

    fn is_current(&self, lease: Lease) -> bool {
        let state = self.leased.get(&lease.position);
        state.is_some_and(|state| state.delivery_count == lease.delivery_count)
    }

    fn end_lease(&mut self, position: u64) -> Option<LeaseState> {
        let state = self.leased.remove(&position)?;
        remove(&mut self.deadlines, &(state.until, position));
        let mut counts = self.lease_counts.iter();
        if let Some(own) = counts.position(|(id, _)| *id == state.consumer) {
            let is_full = self.lease_counts[own].1 >= self.subscription.max_in_flight.max(1);
            if is_full || self.subscription.keeps_order {
                // A consumer may be waiting for room, or for this message.
                self.changed.notify_waiters();
            }
            self.lease_counts[own].1 -= 1;
            if self.lease_counts[own].1 == 0 {
                self.lease_counts.swap_remove(own);
            }
        }
        Some(state)
    }

    /// Makes the messages available whose delay has passed or whose lease has expired.
    fn refresh(&mut self, now: Instant) {
        while let Some((at, position)) = self.delayed.first().copied()
            && at <= now
        {
            self.delayed.remove(&(at, position));
            insert(&mut self.ready, position);
        }
        while let Some((at, position)) = self.deadlines.front().copied()
            && at <= now
        {
            if let Some(state) = self.end_lease(position) {
                self.delivery_counts.insert(position, state.delivery_count);
                insert(&mut self.ready, position);
            }
        }
    }
}

/// Inserts an element into a sorted queue, nearly always at the end.
fn insert<T: Ord>(sorted: &mut VecDeque<T>, element: T) {
    if sorted.back().is_none_or(|last| *last < element) {
        sorted.push_back(element);
    } else if let Err(index) = sorted.binary_search(&element) {
        sorted.insert(index, element);
    }
}

/// Removes an element from a sorted queue, and returns whether it was found.
fn remove<T: Ord>(sorted: &mut VecDeque<T>, element: &T) -> bool {
    let found = sorted.binary_search(element);
    found.is_ok_and(|index| sorted.remove(index).is_some())
}
