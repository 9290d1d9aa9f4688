//! What has been published.

use std::collections::{HashSet, VecDeque};

use super::store::Content;

/// Remembers source and id of the newest events, and ids of messages.
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

    /// Returns whether something has been here.
    pub(super) fn contains(&self, content: &Content) -> bool {
        self.most > 0 && key(content).is_some_and(|key| self.keys.contains(&key))
    }

    /// Remembers something, and forgets the oldest for it.
    pub(super) fn insert(&mut self, content: &Content) {
        let Some(key) = key(content).filter(|_| self.most > 0) else {
            return;
        };
        if self.order.len() == self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
        if self.keys.insert(Key::clone(&key)) {
            self.order.push_back(key);
        }
    }
}

/// Returns source and id of an event; a message has an id at most, and no event has no source.
fn key(content: &Content) -> Option<Key> {
    Some(Key::new(match content {
        Content::Event(event) => (event.source().to_owned(), event.id().to_owned()),
        Content::Raw(raw) => (String::new(), raw.message.id.clone()?),
    }))
}
