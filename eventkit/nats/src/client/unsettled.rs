//! The unsettled messages of a subscription that keeps their order.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The messages that this process received and has not settled, by sequence, across consumers.
///
/// Returned messages are included, because they will be delivered again.
#[derive(Debug, Default)]
pub(super) struct Unsettled(Mutex<HashSet<u64>>);

impl Unsettled {
    pub(super) fn insert(&self, sequence: u64) {
        self.lock().insert(sequence);
    }

    /// Removes a message that is about to be settled, or that this process no longer has.
    pub(super) fn remove(&self, sequence: u64) {
        self.lock().remove(&sequence);
    }

    /// Removes the messages up to a sequence, all of which are settled: another process may have
    /// settled messages that this one returned.
    pub(super) fn remove_settled(&self, settled: u64) {
        self.lock().retain(|sequence| *sequence > settled);
    }

    /// Returns the number of messages that are not known to be settled.
    pub(super) fn count_after(&self, settled: u64) -> u64 {
        self.remove_settled(settled);
        self.lock().len() as u64
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
