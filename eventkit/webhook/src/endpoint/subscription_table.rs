//! The subscriptions of an endpoint, which connect its requests to consumers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eventkit::event::Event;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{DeliveryRecord, Subscription, TransportError};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::lease_queue::{Lease, LeaseQueue, Outcome, OutcomeReceiver, Unsettled};
use super::recent_deliveries::{DeliveryState, RecentDeliveries};

/// The subscriptions of an endpoint, and its recent deliveries.
#[derive(Debug)]
pub(super) struct SubscriptionTable {
    /// The minimum number of open subscriptions for the endpoint to be ready.
    min_subscriptions: usize,
    closed: bool,
    queues: BTreeMap<Arc<str>, LeaseQueue>,
    recent: RecentDeliveries,
    last_consumer: u64,
}

/// The next step of a consumer.
#[derive(Debug)]
pub(super) enum Next {
    Event(Event, Lease),
    /// There is no event until something changes, or until a deadline.
    Wait(Option<Instant>),
    End,
}

impl SubscriptionTable {
    pub(super) fn new(min_subscriptions: usize, recent: RecentDeliveries) -> Self {
        Self {
            min_subscriptions,
            closed: false,
            queues: BTreeMap::new(),
            recent,
            last_consumer: 0,
        }
    }

    /// Stops admitting events. Consumers end once they have leased the waiting events.
    pub(super) fn close(&mut self) {
        self.closed = true;
        for queue in self.queues.values() {
            queue.changed.notify_waiters();
        }
    }

    /// Returns whether events are admitted and enough subscriptions are open.
    pub(super) fn is_ready(&self) -> bool {
        let open = self.queues.values().filter(|queue| queue.is_open());
        !self.closed && open.count() >= self.min_subscriptions
    }

    /// Returns the number of unsettled events.
    pub(super) fn unsettled(&self) -> usize {
        self.queues.values().map(LeaseQueue::len).sum()
    }

    /// Opens a consumer, and returns its id. An existing subscription adopts the new settings.
    pub(super) fn subscribe(
        &mut self,
        subscription: &Subscription,
    ) -> Result<(u64, Arc<Notify>), TransportError> {
        if self.closed {
            return Err(TransportError::closed("the webhook endpoint is closed"));
        }
        self.last_consumer += 1;
        let consumer = self.last_consumer;
        let queue = self.upsert_subscription(subscription)?;
        queue.open(consumer);
        Ok((consumer, Arc::clone(&queue.changed)))
    }

    /// Creates or updates the queue of a subscription. Until a consumer opens it, its events get a
    /// 503 response.
    pub(super) fn upsert_subscription(
        &mut self,
        subscription: &Subscription,
    ) -> Result<&mut LeaseQueue, TransportError> {
        subscription.check_patterns()?;
        let queue = self
            .queues
            .entry(subscription.name.as_str().into())
            .or_insert_with(|| LeaseQueue::new(subscription.clone()));
        queue.subscription = subscription.clone();
        Ok(queue)
    }

    /// Closes a consumer.
    pub(super) fn unsubscribe(&mut self, subscription: &str, consumer: u64) {
        if let Some(queue) = self.queues.get_mut(subscription) {
            queue.close(consumer);
        }
    }

    /// Returns the subscriptions whose patterns match an event type.
    pub(super) fn matching_subscriptions(&self, ty: &str) -> Vec<Arc<str>> {
        let queues = self.queues.iter();
        let matching = queues.filter(|(_, queue)| queue.subscription.selects(ty));
        matching.map(|(name, _)| Arc::clone(name)).collect()
    }

    /// Adds an event to the queue of a subscription. The error is an outcome that is known at once:
    /// the event is already settled, or cannot be accepted now.
    pub(super) fn admit(
        &mut self,
        subscription: &str,
        event: &Event,
    ) -> Result<OutcomeReceiver, Outcome> {
        let key = self.recent.key(subscription, event);
        self.expire_leases(subscription);
        // Read after the leases are expired, so that the event of an expired lease is admitted
        // again at once.
        let now = Instant::now();
        let attempts = match self.recent.get(key, now) {
            Some(DeliveryState::Acknowledged) => return Err(Outcome::Acknowledged),
            Some(DeliveryState::Terminated) => return Err(Outcome::Terminated),
            Some(DeliveryState::Failed { not_before, .. }) if not_before > now => {
                return Err(Outcome::Retry(not_before));
            }
            Some(DeliveryState::Failed { attempts, .. }) => attempts,
            None => 0,
        };
        let queue = self.queues.get_mut(subscription).ok_or(Outcome::Absent)?;
        if let Some(receiver) = queue.outcome_receiver(key) {
            return Ok(receiver);
        }
        if self.closed || !queue.is_open() {
            return Err(Outcome::Absent);
        }
        let attempt = attempts.saturating_add(1);
        let receiver = queue.push(key, event.clone(), attempt);
        receiver.ok_or(Outcome::Full)
    }

    /// Leases the next event to a consumer.
    pub(super) fn lease_next(&mut self, subscription: &str, consumer: u64) -> Next {
        self.expire_leases(subscription);
        let Some(queue) = self.queues.get_mut(subscription) else {
            return Next::End;
        };
        if let Some((event, lease)) = queue.lease_next(consumer) {
            return Next::Event(event, lease);
        }
        if self.closed && queue.is_idle() {
            return Next::End;
        }
        Next::Wait(queue.next_deadline())
    }

    /// Settles an event, even if it has been leased to another consumer meanwhile.
    pub(super) fn settle(&mut self, subscription: &str, lease: Lease, terminated: bool) {
        let now = Instant::now();
        let known = self.recent.get(lease.key, now);
        let (state, outcome) = if terminated && known != Some(DeliveryState::Acknowledged) {
            (DeliveryState::Terminated, Outcome::Terminated)
        } else {
            (DeliveryState::Acknowledged, Outcome::Acknowledged)
        };
        self.recent.insert(lease.key, state, now);
        self.recent.remove_record(lease.key);
        let queue = self.queues.get_mut(subscription);
        if let Some(removed) = queue.and_then(|queue| queue.remove(lease.key)) {
            removed.send(outcome);
        }
    }

    pub(super) fn record(&self, lease: Lease) -> DeliveryRecord {
        self.recent.record(lease.key)
    }

    pub(super) fn set_record(&mut self, lease: Lease, record: DeliveryRecord) {
        self.recent.set_record(lease.key, record);
    }

    /// Forgets the subscriptions that terminated an event, so that it is delivered to them when it
    /// is sent again.
    pub(super) fn forget_terminated(&mut self, event: &Event) {
        let now = Instant::now();
        for subscription in self.matching_subscriptions(event.ty()) {
            let key = self.recent.key(&subscription, event);
            if self.recent.get(key, now) == Some(DeliveryState::Terminated) {
                self.recent.remove(key);
            }
        }
    }

    /// Ends a lease if it is still valid; the event may be delivered again after a delay.
    pub(super) fn release(&mut self, subscription: &str, lease: Lease, delay: Duration) {
        let queue = self.queues.get_mut(subscription);
        if let Some(removed) = queue.and_then(|queue| queue.release(lease)) {
            self.fail(removed, delay);
        }
    }

    /// Extends a lease to `ack_wait` from now; returns whether it is still valid.
    pub(super) fn extend(&mut self, subscription: &str, lease: Lease) -> bool {
        self.expire_leases(subscription);
        let queue = self.queues.get_mut(subscription);
        queue.is_some_and(|queue| queue.extend(lease))
    }

    /// Ends the leases that have expired, and returns the next deadline.
    pub(super) fn expire_leases(&mut self, subscription: &str) -> Option<Instant> {
        while let Some(queue) = self.queues.get_mut(subscription)
            && let Some(removed) = queue.remove_expired()
        {
            self.fail(removed, Duration::ZERO);
        }
        self.queues.get(subscription)?.next_deadline()
    }

    fn fail(&mut self, removed: Unsettled, delay: Duration) {
        let now = Instant::now();
        let not_before = now + delay.min(FAR_FUTURE);
        // An event that was never leased was not attempted.
        if let Some(lease) = removed.lease {
            let state = DeliveryState::Failed {
                attempts: lease.attempt,
                not_before,
            };
            self.recent.insert(lease.key, state, now);
        }
        removed.send(Outcome::Retry(not_before));
    }
}
