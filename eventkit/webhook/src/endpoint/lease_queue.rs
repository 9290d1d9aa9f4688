//! The unsettled events of one subscription.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::mem;
use std::sync::Arc;

use eventkit::event::Event;
use eventkit::transport::Subscription;
use eventkit::transport::backoff::FAR_FUTURE;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::recent_deliveries::DeliveryKey;

/// The outcome of delivering an event to a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The event was acknowledged.
    Acknowledged,
    /// The event was terminated.
    Terminated,
    /// The sender should send the event again, at this time or later.
    Retry(Instant),
    /// The subscription has the maximum number of events in flight.
    Full,
    /// The subscription has no consumer.
    Absent,
}

/// A receiver of the outcome of an event, which is sent once.
pub(super) type OutcomeReceiver = watch::Receiver<Option<Outcome>>;

/// The queue of a subscription: its unsettled events, which consumers lease for `ack_wait`.
///
/// The in-memory transport has a different queue: it redelivers events itself and keeps their
/// order. Here, an expired event leaves the queue, and its sender sends it again.
#[derive(Debug)]
pub(super) struct LeaseQueue {
    pub(super) subscription: Subscription,
    /// The number of events that each consumer has leased.
    consumers: HashMap<u64, usize>,
    /// The events that no consumer has leased, oldest first.
    waiting: VecDeque<DeliveryKey>,
    unsettled: HashMap<DeliveryKey, Unsettled>,
    deadlines: BTreeSet<(Instant, DeliveryKey)>,
    last_lease: u64,
    pub(super) changed: Arc<Notify>,
}

/// An unsettled event, in the queue or removed from it.
#[derive(Debug)]
#[must_use = "the request waits for the outcome"]
pub(super) struct Unsettled {
    event: Event,
    /// The number of the attempt; the first one is 1.
    attempt: u32,
    pub(super) lease: Option<Lease>,
    deadline: Instant,
    outcome: watch::Sender<Option<Outcome>>,
}

impl Unsettled {
    /// Sends the outcome to the requests that still wait for it.
    pub(super) fn send(self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
    }
}

/// The exclusive right of a consumer to settle an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) key: DeliveryKey,
    /// A number that is unique among the leases of the queue.
    serial: u64,
    consumer: u64,
    pub(super) attempt: u32,
}

impl LeaseQueue {
    pub(super) fn new(subscription: Subscription) -> Self {
        Self {
            subscription,
            consumers: HashMap::new(),
            waiting: VecDeque::new(),
            unsettled: HashMap::new(),
            deadlines: BTreeSet::new(),
            last_lease: 0,
            changed: Arc::default(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.consumers.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.unsettled.len()
    }

    /// Returns whether every event is leased.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn open(&mut self, consumer: u64) {
        self.consumers.insert(consumer, 0);
    }

    /// Closes a consumer; its leases remain valid. When the last consumer is closed, all events
    /// without a lease are removed.
    pub(super) fn close(&mut self, consumer: u64) {
        self.consumers.remove(&consumer);
        if self.is_open() {
            return;
        }
        for key in mem::take(&mut self.waiting) {
            if let Some(unsettled) = self.remove(key) {
                unsettled.send(Outcome::Absent);
            }
        }
    }

    /// Returns a receiver for the outcome of an event in the queue.
    pub(super) fn outcome_receiver(&self, key: DeliveryKey) -> Option<OutcomeReceiver> {
        let unsettled = self.unsettled.get(&key)?;
        Some(unsettled.outcome.subscribe())
    }

    /// Adds an event, unless the consumers have the maximum number of events in flight.
    pub(super) fn push(
        &mut self,
        key: DeliveryKey,
        event: Event,
        attempt: u32,
    ) -> Option<OutcomeReceiver> {
        let capacity = self.max_in_flight().saturating_mul(self.consumers.len());
        if self.unsettled.len() >= capacity {
            return None;
        }
        let (outcome, receiver) = watch::channel(None);
        let deadline = self.new_deadline();
        self.deadlines.insert((deadline, key));
        self.waiting.push_back(key);
        let unsettled = Unsettled {
            event,
            attempt,
            lease: None,
            deadline,
            outcome,
        };
        self.unsettled.insert(key, unsettled);
        self.changed.notify_waiters();
        Some(receiver)
    }

    /// Leases the oldest waiting event to a consumer.
    pub(super) fn lease_next(&mut self, consumer: u64) -> Option<(Event, Lease)> {
        let max_in_flight = self.max_in_flight();
        let leased = self.consumers.get_mut(&consumer)?;
        if *leased >= max_in_flight {
            return None;
        }
        let key = self.waiting.pop_front()?;
        let unsettled = self.unsettled.get_mut(&key)?;
        *leased += 1;
        self.last_lease += 1;
        let lease = Lease {
            key,
            serial: self.last_lease,
            consumer,
            attempt: unsettled.attempt,
        };
        unsettled.lease = Some(lease);
        let event = unsettled.event.clone();
        self.renew_deadline(key);
        Some((event, lease))
    }

    /// Extends a lease to `ack_wait` from now; returns whether it is still valid.
    pub(super) fn extend(&mut self, lease: Lease) -> bool {
        let valid = self.is_valid(lease);
        if valid {
            self.renew_deadline(lease.key);
        }
        valid
    }

    /// Removes an event, whether or not it is leased.
    pub(super) fn remove(&mut self, key: DeliveryKey) -> Option<Unsettled> {
        let unsettled = self.unsettled.remove(&key)?;
        self.deadlines.remove(&(unsettled.deadline, key));
        match unsettled.lease {
            None => self.waiting.retain(|waiting| *waiting != key),
            Some(lease) => {
                if let Some(leased) = self.consumers.get_mut(&lease.consumer) {
                    *leased -= 1;
                }
            }
        }
        self.changed.notify_waiters();
        Some(unsettled)
    }

    /// Removes the event of a lease, if the lease is still valid.
    pub(super) fn release(&mut self, lease: Lease) -> Option<Unsettled> {
        self.is_valid(lease).then(|| self.remove(lease.key))?
    }

    /// Removes one event whose deadline has passed.
    pub(super) fn remove_expired(&mut self) -> Option<Unsettled> {
        let (at, key) = self.deadlines.first().copied()?;
        (at <= Instant::now()).then(|| self.remove(key))?
    }

    /// Returns the earliest deadline.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    fn max_in_flight(&self) -> usize {
        self.subscription.max_in_flight.max(1)
    }

    fn is_valid(&self, lease: Lease) -> bool {
        let unsettled = self.unsettled.get(&lease.key);
        unsettled.is_some_and(|unsettled| unsettled.lease == Some(lease))
    }

    fn new_deadline(&self) -> Instant {
        Instant::now() + self.subscription.ack_wait.min(FAR_FUTURE)
    }

    fn renew_deadline(&mut self, key: DeliveryKey) {
        let deadline = self.new_deadline();
        if let Some(unsettled) = self.unsettled.get_mut(&key) {
            self.deadlines.remove(&(unsettled.deadline, key));
            unsettled.deadline = deadline;
            self.deadlines.insert((deadline, key));
        }
    }
}
