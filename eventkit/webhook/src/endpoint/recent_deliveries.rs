//! The outcomes of recent deliveries.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use eventkit::event::Event;
use eventkit::transport::{BoundedMap, DeliveryRecord};
use tokio::time::Instant;

/// The key of a delivery of one event to one subscription. Events with the same source and id are
/// the same event (core specification, 3.1.1).
///
/// This is a 128-bit hash with a random key for each process. Its size does not depend on the id, a
/// sender cannot construct a collision, and an accidental one takes about 2^64 events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct DeliveryKey(u64, u64);

/// The final state of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeliveryState {
    /// The event was acknowledged, and is not delivered again.
    Acknowledged,
    /// The event was terminated. It is not delivered again until its sender has been told that it
    /// is settled.
    Terminated,
    /// The event may be delivered again from `not_before` on.
    Failed { attempts: u32, not_before: Instant },
}

/// The deliveries that ended recently.
///
/// They prevent a retry of the sender from running handlers again that have succeeded.
#[derive(Debug)]
pub(super) struct RecentDeliveries {
    window: Duration,
    states: BoundedMap<DeliveryKey, (Instant, DeliveryState)>,
    /// The records that consumers stored for unfinished deliveries.
    records: BoundedMap<DeliveryKey, DeliveryRecord>,
    hashers: [RandomState; 2],
}

impl RecentDeliveries {
    pub(super) fn new(capacity: usize, window: Duration) -> Self {
        Self {
            window,
            states: BoundedMap::new(capacity),
            records: BoundedMap::new(capacity),
            hashers: Default::default(),
        }
    }

    pub(super) fn key(&self, subscription: &str, event: &Event) -> DeliveryKey {
        let parts = (subscription, event.source(), event.id());
        let [first, second] = &self.hashers;
        DeliveryKey(first.hash_one(parts), second.hash_one(parts))
    }

    pub(super) fn get(&mut self, key: DeliveryKey, now: Instant) -> Option<DeliveryState> {
        self.evict_expired(now);
        self.states.get(&key).map(|(_, state)| *state)
    }

    pub(super) fn insert(&mut self, key: DeliveryKey, state: DeliveryState, now: Instant) {
        self.states.insert(key, (now, state));
        self.evict_expired(now);
    }

    pub(super) fn record(&self, key: DeliveryKey) -> DeliveryRecord {
        self.records.get(&key).copied().unwrap_or_default()
    }

    pub(super) fn set_record(&mut self, key: DeliveryKey, record: DeliveryRecord) {
        self.records.insert(key, record);
    }

    pub(super) fn remove_record(&mut self, key: DeliveryKey) {
        self.records.remove(&key);
    }

    pub(super) fn remove(&mut self, key: DeliveryKey) {
        self.states.remove(&key);
    }

    fn evict_expired(&mut self, now: Instant) {
        let window = self.window;
        self.states
            .evict_while(|(at, _)| now.saturating_duration_since(*at) >= window);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(deliveries: &RecentDeliveries, count: usize) -> Vec<DeliveryKey> {
        let event = |id: usize| Event::builder().id(id.to_string()).source("/s").ty("t");
        let key = |id| deliveries.key("s", &event(id).build().unwrap());
        (0..count).map(key).collect()
    }

    #[test]
    fn the_oldest_and_expired_deliveries_are_forgotten() {
        let now = Instant::now();
        let window = Duration::from_mins(1);
        let mut deliveries = RecentDeliveries::new(2, window);
        let keys = keys(&deliveries, 3);
        let settled = Some(DeliveryState::Acknowledged);
        for key in &keys {
            deliveries.insert(*key, DeliveryState::Acknowledged, now);
        }
        assert_eq!(deliveries.get(keys[0], now), None);
        assert_eq!(deliveries.get(keys[1], now), settled);
        // Inserting an entry again renews its age.
        deliveries.insert(keys[1], DeliveryState::Acknowledged, now + window / 2);
        assert_eq!(deliveries.get(keys[2], now + window), None);
        assert_eq!(deliveries.get(keys[1], now + window), settled);
        assert_eq!(deliveries.get(keys[1], now + window * 2), None);
        assert!(deliveries.states.is_empty());
    }

    #[test]
    fn repeated_failures_take_the_place_of_one() {
        let now = Instant::now();
        let mut deliveries = RecentDeliveries::new(2, Duration::from_mins(1));
        let keys = keys(&deliveries, 2);
        let failed = |attempts| DeliveryState::Failed {
            attempts,
            not_before: now,
        };
        for attempts in 0..1_000 {
            deliveries.insert(keys[1], failed(attempts), now);
            assert_eq!(deliveries.states.len(), 1);
        }
        deliveries.insert(keys[0], DeliveryState::Acknowledged, now);
        assert_eq!(deliveries.get(keys[1], now), Some(failed(999)));
        assert_eq!(
            deliveries.get(keys[0], now),
            Some(DeliveryState::Acknowledged)
        );
    }
}
