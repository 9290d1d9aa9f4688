//! The unsettled events of one subscription.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use eventkit::event::Event;
use eventkit::transport::Subscription;
use eventkit::transport::backoff::FAR_FUTURE;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::recent_deliveries::DeliveryKey;

/// The outcome of the delivery of an event to a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The event was settled.
    Settled,
    /// The sender is to send the event again, at this time or later.
    Retry(Instant),
    /// The subscription has as many events in flight as it may.
    Full,
    /// The subscription has no consumer.
    Absent,
}

/// A receiver of the outcome of an event, which is set once.
pub(super) type OutcomeReceiver = watch::Receiver<Option<Outcome>>;

/// The queue of a subscription: unsettled events, which consumers lease for `ack_wait`.
///
/// The memory transport has a queue of its own. It redelivers events itself and keeps their order,
/// whereas an expired event leaves this queue, and its sender sends it again.
#[derive(Debug)]
pub(super) struct LeaseQueue {
    pub(super) subscription: Subscription,
    /// The number of events that each consumer has leased.
    consumers: HashMap<u64, usize>,
    /// The events that no consumer has leased, the oldest first.
    waiting: VecDeque<DeliveryKey>,
    unsettled: HashMap<DeliveryKey, Unsettled>,
    deadlines: BTreeSet<(Instant, DeliveryKey)>,
    pub(super) changed: Arc<Notify>,
}

#[derive(Debug)]
struct Unsettled {
    event: Event,
    state: State,
    deadline: Instant,
    outcome: watch::Sender<Option<Outcome>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Leased(Lease),
}

/// The right of one consumer to settle an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) key: DeliveryKey,
    /// A number that is unique among all leases.
    pub(super) serial: u64,
    pub(super) consumer: u64,
    pub(super) attempt: u32,
}

/// An event that was removed from the queue.
#[derive(Debug)]
#[must_use = "the request waits for the outcome"]
pub(super) struct Removed {
    pub(super) key: DeliveryKey,
    pub(super) lease: Option<Lease>,
    outcome: watch::Sender<Option<Outcome>>,
}

impl Removed {
    /// Sends the outcome to the requests that wait for it, if there are any left.
    pub(super) fn send(self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
    }
}

impl LeaseQueue {
    pub(super) fn new(subscription: Subscription) -> Self {
        Self {
            subscription,
            consumers: HashMap::new(),
            waiting: VecDeque::new(),
            unsettled: HashMap::new(),
            deadlines: BTreeSet::new(),
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

    /// Closes a consumer, whose leases stay valid. With the last one, all events without a lease are
    /// removed.
    pub(super) fn close(&mut self, consumer: u64) -> Vec<Removed> {
        self.consumers.remove(&consumer);
        if self.is_open() {
            return Vec::new();
        }
        let waiting: Vec<DeliveryKey> = self.waiting.drain(..).collect();
        waiting
            .into_iter()
            .filter_map(|key| self.remove(key))
            .collect()
    }

    /// Returns a receiver of the outcome of an event that is in the queue.
    pub(super) fn outcome_receiver(&self, key: DeliveryKey) -> Option<OutcomeReceiver> {
        let unsettled = self.unsettled.get(&key)?;
        Some(unsettled.outcome.subscribe())
    }

    /// Adds an event, unless as many are unsettled as the consumers may have in flight.
    pub(super) fn push(
        &mut self,
        key: DeliveryKey,
        event: Event,
        now: Instant,
    ) -> Option<OutcomeReceiver> {
        let capacity = self.max_in_flight().saturating_mul(self.consumers.len());
        if self.unsettled.len() >= capacity {
            return None;
        }
        let (outcome, receiver) = watch::channel(None);
        let deadline = now + self.subscription.ack_wait.min(FAR_FUTURE);
        self.deadlines.insert((deadline, key));
        self.waiting.push_back(key);
        let unsettled = Unsettled {
            event,
            state: State::Waiting,
            deadline,
            outcome,
        };
        self.unsettled.insert(key, unsettled);
        self.changed.notify_waiters();
        Some(receiver)
    }

    /// Leases the oldest waiting event to a consumer; `number` returns the serial number of the lease
    /// and the number of the attempt.
    pub(super) fn lease_next(
        &mut self,
        consumer: u64,
        now: Instant,
        number: impl FnOnce(DeliveryKey) -> (u64, u32),
    ) -> Option<(Event, Lease)> {
        let max_in_flight = self.max_in_flight();
        let leased = self.consumers.get_mut(&consumer)?;
        if *leased >= max_in_flight {
            return None;
        }
        let key = self.waiting.pop_front()?;
        let unsettled = self.unsettled.get_mut(&key)?;
        *leased += 1;
        let (serial, attempt) = number(key);
        let lease = Lease {
            key,
            serial,
            consumer,
            attempt,
        };
        unsettled.state = State::Leased(lease);
        let event = unsettled.event.clone();
        self.set_deadline(key, now);
        Some((event, lease))
    }

    /// Extends a lease by `ack_wait`, counted from now, and returns whether it is still valid.
    pub(super) fn extend(&mut self, lease: Lease, now: Instant) -> bool {
        let valid = self.is_valid(lease);
        if valid {
            self.set_deadline(lease.key, now);
        }
        valid
    }

    /// Removes an event, leased or not.
    pub(super) fn remove(&mut self, key: DeliveryKey) -> Option<Removed> {
        let Unsettled {
            state,
            deadline,
            outcome,
            ..
        } = self.unsettled.remove(&key)?;
        self.deadlines.remove(&(deadline, key));
        let lease = match state {
            State::Waiting => {
                self.waiting.retain(|waiting| *waiting != key);
                None
            }
            State::Leased(lease) => {
                if let Some(leased) = self.consumers.get_mut(&lease.consumer) {
                    *leased -= 1;
                }
                Some(lease)
            }
        };
        self.changed.notify_waiters();
        Some(Removed {
            key,
            lease,
            outcome,
        })
    }

    /// Removes the event of a lease that is still valid.
    pub(super) fn release(&mut self, lease: Lease) -> Option<Removed> {
        self.is_valid(lease).then(|| self.remove(lease.key))?
    }

    /// Removes one event whose deadline has passed.
    pub(super) fn remove_expired(&mut self, now: Instant) -> Option<Removed> {
        let (at, key) = self.deadlines.first().copied()?;
        (at <= now).then(|| self.remove(key))?
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
        unsettled.is_some_and(|unsettled| unsettled.state == State::Leased(lease))
    }

    fn set_deadline(&mut self, key: DeliveryKey, now: Instant) {
        if let Some(unsettled) = self.unsettled.get_mut(&key) {
            self.deadlines.remove(&(unsettled.deadline, key));
            unsettled.deadline = now + self.subscription.ack_wait.min(FAR_FUTURE);
            self.deadlines.insert((unsettled.deadline, key));
        }
    }
}
