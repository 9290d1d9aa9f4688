//! Which events have been published.

use std::collections::{HashSet, VecDeque};

use crate::event::Event;

/// Remembers source and id of the newest events.
#[derive(Debug)]
pub(super) struct Seen {
    most: usize,
    order: VecDeque<Key>,
    keys: HashSet<Key>,
}

type Key = std::sync::Arc<(String, String)>;

impl Seen {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            order: VecDeque::new(),
            keys: HashSet::new(),
        }
    }

    /// Returns whether the event has been here.
    pub(super) fn contains(&self, event: &Event) -> bool {
        self.most > 0 && self.keys.contains(&key(event))
    }

    /// Remembers an event, and forgets the oldest for it.
    pub(super) fn insert(&mut self, event: &Event) {
        if self.most == 0 {
            return;
        }
        if self.order.len() == self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
        let key = key(event);
        if self.keys.insert(Key::clone(&key)) {
            self.order.push_back(key);
        }
    }
}

fn key(event: &Event) -> Key {
    Key::new((event.source().to_owned(), event.id().to_owned()))
}
