//! Detection of duplicates when publishing.

use std::sync::Arc;

use super::content::Content;
use eventkit::transport::BoundedMap;

/// The sources and ids of the newest events, and the ids of the newest other messages.
#[derive(Debug)]
pub(super) struct DedupCache(BoundedMap<DedupKey, ()>);

type DedupKey = Arc<(String, String)>;

impl DedupCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self(BoundedMap::new(capacity))
    }

    pub(super) fn contains(&self, content: &Content) -> bool {
        !self.0.is_empty() && key(content).is_some_and(|key| self.0.contains_key(&key))
    }

    pub(super) fn insert(&mut self, content: &Content) {
        if let Some(key) = key(content) {
            self.0.insert(key, ());
        }
    }
}

/// Returns the key of a message, if it has an id. The source of an event is not empty, so a message
/// that is not an event never equals one.
fn key(content: &Content) -> Option<DedupKey> {
    Some(DedupKey::new(match content {
        Content::Event(event) => (event.source().to_owned(), event.id().to_owned()),
        Content::Raw(raw) => (String::new(), raw.message.id.clone()?),
    }))
}
