//! The messages in hand of a subscription that keeps their order.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The messages that this process received and has not settled, by sequence, across consumers.
///
/// Those that were returned stay: the process knows that they come back.
#[derive(Debug, Default)]
pub(super) struct Unsettled(Mutex<HashSet<u64>>);

impl Unsettled {
    pub(super) fn insert(&self, sequence: u64) {
        self.lock().insert(sequence);
    }

    /// Removes a message that is about to be settled, or that is in hand no longer.
    pub(super) fn remove(&self, sequence: u64) {
        self.lock().remove(&sequence);
    }

    /// Returns the number of messages, those aside that are known to be settled.
    pub(super) fn count_after(&self, settled: u64) -> u64 {
        let mut sequences = self.lock();
        sequences.retain(|sequence| *sequence > settled);
        sequences.len() as u64
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
