//! What is known of events that come again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use eventkit::event::{Event, Timestamp};

/// Of how many events something is known.
const MOST: usize = 10_000;

/// How many places of forgotten events are never too many.
const FEW: usize = 64;

type Key = Arc<(String, String)>;

/// Remembers the first time and the last error of the newest events that have failed, and those that
/// were done with in vain.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: HashMap<Key, Entry>,
    order: VecDeque<Key>,
    /// Events that are done with, but of which the transport does not know it.
    done: HashSet<Key>,
    done_order: VecDeque<Key>,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) first: Timestamp,
    pub(super) error: String,
}

impl Ledger {
    /// Notes a failure, and returns when the first one was.
    pub(super) fn note(&mut self, event: &Event, error: String) -> Timestamp {
        let key = key(event);
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.error = error;
            return entry.first;
        }
        while self.order.len() >= MOST {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
        let first = Timestamp::now();
        self.order.push_back(Key::clone(&key));
        self.entries.insert(key, Entry { first, error });
        first
    }

    pub(super) fn get(&self, event: &Event) -> Option<Entry> {
        self.entries.get(&key(event)).cloned()
    }

    /// Remembers an event that is done with, but of which the transport did not confirm that it
    /// knows.
    pub(super) fn remember_done(&mut self, event: &Event) {
        if self.done_order.len() >= MOST
            && let Some(oldest) = self.done_order.pop_front()
        {
            self.done.remove(&oldest);
        }
        let key = key(event);
        self.done_order.push_back(Key::clone(&key));
        self.done.insert(key);
    }

    /// Returns whether an event that comes again is done with, and forgets it.
    pub(super) fn take_done(&mut self, event: &Event) -> bool {
        !self.done.is_empty() && self.done.remove(&key(event))
    }

    pub(super) fn forget(&mut self, event: &Event) {
        if self.entries.is_empty() || self.entries.remove(&key(event)).is_none() {
            return;
        }
        // Keys that were forgotten leave their places in the order behind, until they are the most.
        if self.order.len() > 2 * self.entries.len() + FEW {
            self.order.retain(|key| self.entries.contains_key(key));
        }
    }
}

fn key(event: &Event) -> Key {
    Key::new((event.source().to_owned(), event.id().to_owned()))
}
