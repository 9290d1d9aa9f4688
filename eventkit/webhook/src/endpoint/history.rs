//! What has become of deliveries.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::key::Key;

/// Remembers the newest deliveries that have ended, so that the retry of a sender runs no handler
/// that has succeeded, and knows how often the others have run.
#[derive(Debug)]
pub(super) struct History {
    most: usize,
    window: Duration,
    entries: HashMap<Key, Entry>,
    /// The oldest first; what has been noted again since is no longer of its entry's serial.
    order: VecDeque<(u64, Instant, Key)>,
    serial: u64,
}

#[derive(Debug)]
struct Entry {
    serial: u64,
    past: Past,
}

/// How a delivery has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// It does not come again.
    Settled,
    /// It may come again, and not before a time.
    Failed { attempts: u32, not_before: Instant },
}

impl History {
    pub(super) fn new(most: usize, window: Duration) -> Self {
        Self {
            most,
            window,
            entries: HashMap::new(),
            order: VecDeque::new(),
            serial: 0,
        }
    }

    pub(super) fn get(&mut self, key: Key, now: Instant) -> Option<Past> {
        self.forget(now);
        self.entries.get(&key).map(|entry| entry.past)
    }

    /// Returns how often a message has been given, as far as is known.
    pub(super) fn attempts(&self, key: Key) -> u32 {
        match self.entries.get(&key).map(|entry| entry.past) {
            Some(Past::Failed { attempts, .. }) => attempts,
            _ => 0,
        }
    }

    pub(super) fn note(&mut self, key: Key, past: Past, now: Instant) {
        self.serial += 1;
        let serial = self.serial;
        self.entries.insert(key, Entry { serial, past });
        self.order.push_back((serial, now, key));
        self.forget(now);
    }

    fn forget(&mut self, now: Instant) {
        while let Some((serial, at, key)) = self.order.front().copied() {
            let stale = self.is_stale(serial, key);
            let old = now.saturating_duration_since(at) >= self.window;
            if !stale && !old && self.entries.len() <= self.most {
                break;
            }
            self.order.pop_front();
            if !stale {
                self.entries.remove(&key);
            }
        }
        // A delivery that fails on and on leaves a line each time.
        if self.order.len() > self.most.saturating_mul(2) {
            let entries = &self.entries;
            self.order
                .retain(|(serial, _, key)| entries.get(key).is_some_and(|e| e.serial == *serial));
        }
    }

    fn is_stale(&self, serial: u64, key: Key) -> bool {
        self.entries
            .get(&key)
            .is_none_or(|entry| entry.serial != serial)
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::Keys;
    use super::*;
    use eventkit::event::Event;

    fn keys(count: usize) -> Vec<Key> {
        let keys = Keys::default();
        let event = |id: usize| Event::builder().id(id.to_string()).source("/s").ty("t");
        let key = |id| keys.key("s", &event(id).build().unwrap());
        (0..count).map(key).collect()
    }

    #[test]
    fn it_forgets_the_oldest_and_what_is_older_than_its_window() {
        let now = Instant::now();
        let window = Duration::from_mins(1);
        let mut history = History::new(2, window);
        let keys = keys(3);
        for key in &keys {
            history.note(*key, Past::Settled, now);
        }
        assert_eq!(history.get(keys[0], now), None);
        assert_eq!(history.get(keys[1], now), Some(Past::Settled));
        // What is noted again is the newest.
        history.note(keys[1], Past::Settled, now + window / 2);
        assert_eq!(history.get(keys[2], now + window), None);
        assert_eq!(history.get(keys[1], now + window), Some(Past::Settled));
        assert_eq!(history.get(keys[1], now + window * 2), None);
        assert!(history.order.is_empty() && history.entries.is_empty());
    }

    #[test]
    fn what_fails_on_and_on_takes_no_more_room() {
        let now = Instant::now();
        let mut history = History::new(2, Duration::from_mins(1));
        let keys = keys(2);
        for attempts in 0..1_000 {
            let not_before = now;
            history.note(
                keys[1],
                Past::Failed {
                    attempts,
                    not_before,
                },
                now,
            );
            assert!(history.order.len() <= 5);
        }
        history.note(keys[0], Past::Settled, now);
        assert_eq!(history.attempts(keys[1]), 999);
        assert_eq!(history.attempts(keys[0]), 0);
    }
}
