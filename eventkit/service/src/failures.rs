//! The memory of a process for events that are delivered again.

use std::sync::Arc;

use eventkit::event::{Event, Timestamp};
use eventkit::transport::BoundedMap;

const MAX_REMEMBERED_EVENTS: usize = 10_000;

/// Source and id of an event.
type EventKey = Arc<(String, String)>;

/// The first time and the last error of events that failed and are retried.
#[derive(Debug)]
pub(crate) struct RecentFailures(BoundedMap<EventKey, RecentFailure>);

#[derive(Debug, Clone)]
pub(crate) struct RecentFailure {
    pub(crate) first: Timestamp,
    pub(crate) error: String,
}

/// Events that are settled here, while the transport did not confirm it.
#[derive(Debug)]
pub(crate) struct UnconfirmedAcks(BoundedMap<EventKey, ()>);

impl Default for RecentFailures {
    fn default() -> Self {
        Self(BoundedMap::new(MAX_REMEMBERED_EVENTS))
    }
}

impl RecentFailures {
    /// Records a failure, and returns the time of the first one.
    pub(crate) fn record(&mut self, event: &Event, error: String) -> Timestamp {
        let key = key(event);
        if let Some(failure) = self.0.get_mut(&key) {
            failure.error = error;
            return failure.first;
        }
        let first = Timestamp::now();
        self.0.insert(key, RecentFailure { first, error });
        first
    }

    pub(crate) fn get(&self, event: &Event) -> Option<RecentFailure> {
        self.0.get(&key(event)).cloned()
    }

    pub(crate) fn remove(&mut self, event: &Event) {
        if !self.0.is_empty() {
            self.0.remove(&key(event));
        }
    }
}

impl Default for UnconfirmedAcks {
    fn default() -> Self {
        Self(BoundedMap::new(MAX_REMEMBERED_EVENTS))
    }
}

impl UnconfirmedAcks {
    pub(crate) fn insert(&mut self, event: &Event) {
        self.0.insert(key(event), ());
    }

    /// Removes an event that is delivered again, and returns whether it was settled before.
    pub(crate) fn remove(&mut self, event: &Event) -> bool {
        !self.0.is_empty() && self.0.remove(&key(event)).is_some()
    }
}

fn key(event: &Event) -> EventKey {
    EventKey::new((event.source().to_owned(), event.id().to_owned()))
}
