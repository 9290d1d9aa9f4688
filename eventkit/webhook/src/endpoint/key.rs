//! Which delivery is which.

use std::hash::{BuildHasher, RandomState};

use eventkit::event::Event;

/// Stands for one event at one subscription: two events of the same source and id are one (core
/// spec 3.1.1).
///
/// It is a hash of 128 bits under a key that changes with each process. So what is remembered of an
/// event does not grow with its id, nobody can make two of one key, and that two come to one by
/// chance does not happen: it takes 2^64 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key(u64, u64);

/// Makes keys.
#[derive(Debug, Default)]
pub(super) struct Keys(RandomState, RandomState);

impl Keys {
    pub(super) fn key(&self, subscription: &str, event: &Event) -> Key {
        let parts = (subscription, event.source(), event.id());
        Key(self.0.hash_one(parts), self.1.hash_one(parts))
    }
}
