//! A memory of recent events, to detect redeliveries.

use std::sync::Arc;

use eventkit::event::{Event, Timestamp};
use eventkit::transport::BoundedMap;

const MAX_REMEMBERED_EVENTS: usize = 10_000;

/// The process's memory of events that may be delivered again.
#[derive(Debug)]
pub(crate) struct RecentEvents {
    /// The time of the first failure of each event that is being retried.
    failures: BoundedMap<EventKey, Timestamp>,
    /// Messages that were settled here but may be delivered again, because the transport did not
    /// confirm the settlement or the consumer was lost meanwhile.
    unconfirmed: BoundedMap<MessageKey, ()>,
}

/// An event and the position of its message: a replay of the event is another message.
pub(crate) type MessageKey = (EventKey, Option<u64>);

/// The source and id of an event.
type EventKey = Arc<(String, String)>;

impl RecentEvents {
    pub(crate) fn new() -> Self {
        Self {
            failures: BoundedMap::new(MAX_REMEMBERED_EVENTS),
            unconfirmed: BoundedMap::new(MAX_REMEMBERED_EVENTS),
        }
    }

    /// Records a failure, and returns the time of the first failure of the event.
    pub(crate) fn record_failure(&mut self, event: &Event) -> Timestamp {
        let key = event_key(event);
        if let Some(first) = self.failures.get(&key) {
            return *first;
        }
        let first = Timestamp::now();
        self.failures.insert(key, first);
        first
    }

    pub(crate) fn forget_failure(&mut self, event: &Event) {
        if !self.failures.is_empty() {
            self.failures.remove(&event_key(event));
        }
    }

    pub(crate) fn add_unconfirmed(&mut self, event: &Event, position: Option<u64>) {
        self.unconfirmed.insert(message_key(event, position), ());
    }

    /// Removes a message that is delivered again, and returns whether it was already settled.
    pub(crate) fn remove_unconfirmed(&mut self, event: &Event, position: Option<u64>) -> bool {
        !self.unconfirmed.is_empty() && {
            let key = message_key(event, position);
            self.unconfirmed.remove(&key).is_some()
        }
    }
}

pub(crate) fn message_key(event: &Event, position: Option<u64>) -> MessageKey {
    (event_key(event), position)
}

fn event_key(event: &Event) -> EventKey {
    EventKey::new((event.source().to_owned(), event.id().to_owned()))
}
