//! The subscriptions of an endpoint, which connect requests to consumers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eventkit::event::Event;
use eventkit::pattern;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{Subscription, TransportError, TransportErrorKind};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::lease_queue::{Lease, LeaseQueue, Outcome, OutcomeReceiver, Removed};
use super::recent_deliveries::{DeliveryKey, DeliveryState, RecentDeliveries};

/// The subscriptions of an endpoint, and its recent deliveries.
#[derive(Debug)]
pub(super) struct SubscriptionTable {
    /// The number of open subscriptions from which on the endpoint is ready.
    min_subscriptions: usize,
    closed: bool,
    queues: BTreeMap<Arc<str>, LeaseQueue>,
    recent: RecentDeliveries,
    last_consumer: u64,
    last_lease: u64,
}

/// The result of admitting an event to a subscription.
#[derive(Debug)]
pub(super) enum Admission {
    /// The outcome is known at once.
    Known(Outcome),
    /// The outcome will be sent.
    Pending(OutcomeReceiver),
}

/// The next step of a consumer.
#[derive(Debug)]
pub(super) enum Next {
    Event(Event, Lease),
    /// There is no event until a change, or until a deadline.
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
            last_lease: 0,
        }
    }

    /// Admits no more events. Consumers end once they have leased those that wait.
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

    /// Opens a consumer, and returns its id. An existing subscription takes the new settings.
    pub(super) fn subscribe(
        &mut self,
        subscription: &Subscription,
    ) -> Result<(u64, Arc<Notify>), TransportError> {
        if self.closed {
            let message = "the webhook endpoint is closed";
            return Err(TransportError::new(TransportErrorKind::Closed, message));
        }
        self.last_consumer += 1;
        let consumer = self.last_consumer;
        let queue = self.upsert_subscription(subscription)?;
        queue.open(consumer);
        Ok((consumer, Arc::clone(&queue.changed)))
    }

    /// Creates or updates the queue of a subscription. Until a consumer opens it, its events get the
    /// response 503.
    pub(super) fn upsert_subscription(
        &mut self,
        subscription: &Subscription,
    ) -> Result<&mut LeaseQueue, TransportError> {
        for pattern in &subscription.patterns {
            pattern::check(pattern).map_err(|reason| {
                let message = format!("invalid pattern {pattern:?} of a subscription: {reason}");
                TransportError::new(TransportErrorKind::Configuration, message)
            })?;
        }
        let queue = self
            .queues
            .entry(subscription.name.as_str().into())
            .or_insert_with(|| LeaseQueue::new(subscription.clone()));
        queue.subscription = subscription.clone();
        Ok(queue)
    }

    /// Closes a consumer.
    pub(super) fn unsubscribe(&mut self, subscription: &str, consumer: u64) {
        let Some(queue) = self.queues.get_mut(subscription) else {
            return;
        };
        for removed in queue.close(consumer) {
            removed.send(Outcome::Absent);
        }
    }

    /// Returns the subscriptions whose patterns match an event type.
    pub(super) fn matching_subscriptions(&self, ty: &str) -> Vec<Arc<str>> {
        let matches = |queue: &LeaseQueue| {
            let mut patterns = queue.subscription.patterns.iter();
            patterns.any(|pattern| pattern::matches(pattern, ty))
        };
        let matching = self.queues.iter().filter(|(_, queue)| matches(queue));
        matching.map(|(name, _)| Arc::clone(name)).collect()
    }

    /// Adds an event to the queue of a subscription, unless it is there or settled already, or cannot
    /// be accepted now.
    pub(super) fn admit(&mut self, subscription: &str, event: &Event, now: Instant) -> Admission {
        let key = self.recent.key(subscription, event);
        self.expire_leases(subscription, now);
        match self.recent.get(key, now) {
            Some(DeliveryState::Settled) => return Admission::Known(Outcome::Settled),
            Some(DeliveryState::Failed { not_before, .. }) if not_before > now => {
                return Admission::Known(Outcome::Retry(not_before));
            }
            _ => {}
        }
        let closed = self.closed;
        let Some(queue) = self.queues.get_mut(subscription) else {
            return Admission::Known(Outcome::Absent);
        };
        if let Some(receiver) = queue.outcome_receiver(key) {
            return Admission::Pending(receiver);
        }
        if closed || !queue.is_open() {
            return Admission::Known(Outcome::Absent);
        }
        match queue.push(key, event.clone(), now) {
            Some(receiver) => Admission::Pending(receiver),
            None => Admission::Known(Outcome::Full),
        }
    }

    /// Leases the next event to a consumer.
    pub(super) fn lease_next(&mut self, subscription: &str, consumer: u64, now: Instant) -> Next {
        self.expire_leases(subscription, now);
        let Some(queue) = self.queues.get_mut(subscription) else {
            return Next::End;
        };
        let (recent, last_lease) = (&self.recent, &mut self.last_lease);
        let number = |key: DeliveryKey| {
            *last_lease += 1;
            (*last_lease, recent.attempts(key).saturating_add(1))
        };
        if let Some((event, lease)) = queue.lease_next(consumer, now, number) {
            return Next::Event(event, lease);
        }
        if self.closed && queue.is_idle() {
            return Next::End;
        }
        Next::Wait(queue.next_deadline())
    }

    /// Settles an event, even if it was leased to another consumer meanwhile.
    pub(super) fn settle(&mut self, subscription: &str, lease: Lease, now: Instant) {
        self.recent.insert(lease.key, DeliveryState::Settled, now);
        let queue = self.queues.get_mut(subscription);
        if let Some(removed) = queue.and_then(|queue| queue.remove(lease.key)) {
            removed.send(Outcome::Settled);
        }
    }

    /// Ends a lease, unless it has ended already; the event may be delivered again after a delay.
    pub(super) fn release(
        &mut self,
        subscription: &str,
        lease: Lease,
        delay: Duration,
        now: Instant,
    ) {
        let queue = self.queues.get_mut(subscription);
        if let Some(removed) = queue.and_then(|queue| queue.release(lease)) {
            self.fail(removed, now + delay.min(FAR_FUTURE), now);
        }
    }

    /// Extends a lease by `ack_wait`, counted from now, and returns whether it is still valid.
    pub(super) fn extend(&mut self, subscription: &str, lease: Lease, now: Instant) -> bool {
        self.expire_leases(subscription, now);
        let queue = self.queues.get_mut(subscription);
        queue.is_some_and(|queue| queue.extend(lease, now))
    }

    /// Ends the leases that have expired, and returns the next deadline.
    pub(super) fn expire_leases(&mut self, subscription: &str, now: Instant) -> Option<Instant> {
        while let Some(queue) = self.queues.get_mut(subscription)
            && let Some(removed) = queue.remove_expired(now)
        {
            self.fail(removed, now, now);
        }
        self.queues.get(subscription)?.next_deadline()
    }

    fn fail(&mut self, removed: Removed, not_before: Instant, now: Instant) {
        // An event that was never leased was not attempted.
        if let Some(lease) = removed.lease {
            let state = DeliveryState::Failed {
                attempts: lease.attempt,
                not_before,
            };
            self.recent.insert(removed.key, state, now);
        }
        removed.send(Outcome::Retry(not_before));
    }
}
