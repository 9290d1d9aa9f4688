//! What is known of events that have failed and come again.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::event::{Event, Timestamp};

/// Of how many events something is known.
const MOST: usize = 10_000;

type Key = Arc<(String, String)>;

/// Remembers the first time and the last error of the newest events that have failed.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: HashMap<Key, Entry>,
    order: VecDeque<Key>,
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
        // Keys that were forgotten leave their place in the order behind: it is as long at most.
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

    pub(super) fn forget(&mut self, event: &Event) {
        if !self.entries.is_empty() {
            self.entries.remove(&key(event));
        }
    }
}

fn key(event: &Event) -> Key {
    Key::new((event.source().to_owned(), event.id().to_owned()))
}
