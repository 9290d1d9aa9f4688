//! A lock per key, granted in the order of the requests.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Locks of the keys that events are worked on for.
///
/// Keys are stored as hashes with a seed of the process: two keys with the same hash only wait for
/// each other.
#[derive(Debug, Default)]
pub(crate) struct KeyedLock {
    hasher: foldhash::quality::RandomState,
    /// The waiters of each key that is locked.
    waiters: Mutex<Waiters>,
}

type Waiters = HashMap<u64, VecDeque<oneshot::Sender<()>>, foldhash::fast::FixedState>;

/// The key that an event locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LockKey<'a> {
    /// The ordering key: the event waits for earlier events with the same one.
    Ordering(&'a str),
    /// The source and id: a redelivery waits for the delivery that is still worked on.
    Event(&'a str, &'a str),
}

/// The place of one event in the queue of its key; dropping it admits the next one.
#[derive(Debug, Default)]
pub(crate) struct KeyGuard {
    entry: Option<QueueEntry>,
    is_ordered: bool,
}

#[derive(Debug)]
struct QueueEntry {
    lock: Arc<KeyedLock>,
    key: u64,
    /// Present until the lock is acquired.
    acquired: Option<oneshot::Receiver<()>>,
}

impl KeyedLock {
    /// Joins the queue of a key; without a key there is nothing to wait for.
    pub(crate) fn enqueue(self: &Arc<Self>, key: Option<LockKey<'_>>) -> KeyGuard {
        let Some(key) = key else {
            return KeyGuard::default();
        };
        let is_ordered = matches!(key, LockKey::Ordering(_));
        let key = self.hasher.hash_one(key);
        let acquired = match self.lock().entry(key) {
            Entry::Vacant(free) => {
                free.insert(VecDeque::new());
                None
            }
            Entry::Occupied(mut waiters) => {
                let (sender, acquired) = oneshot::channel();
                waiters.get_mut().push_back(sender);
                Some(acquired)
            }
        };
        let entry = QueueEntry {
            lock: Arc::clone(self),
            key,
            acquired,
        };
        KeyGuard {
            entry: Some(entry),
            is_ordered,
        }
    }

    /// Admits the next waiter of a key.
    fn release(&self, key: u64) {
        let mut waiters = self.lock();
        let Entry::Occupied(mut own) = waiters.entry(key) else {
            return;
        };
        // A waiter whose guard was dropped does not receive.
        while let Some(next) = own.get_mut().pop_front() {
            if next.send(()).is_ok() {
                return;
            }
        }
        own.remove();
    }

    fn lock(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyGuard {
    /// Returns whether the event is ordered with others.
    pub(crate) fn is_ordered(&self) -> bool {
        self.is_ordered
    }

    /// Returns whether the lock is acquired.
    pub(crate) fn is_acquired(&self) -> bool {
        self.entry
            .as_ref()
            .is_none_or(|entry| entry.acquired.is_none())
    }

    /// Waits until all earlier guards of the key are dropped.
    pub(crate) async fn acquire(&mut self) {
        if let Some(entry) = &mut self.entry
            && let Some(acquired) = &mut entry.acquired
        {
            // The sender is only dropped after it was used: the lock lives in this guard.
            let _ = acquired.await;
            entry.acquired = None;
        }
    }
}

impl Drop for QueueEntry {
    fn drop(&mut self) {
        // A lock that is granted while this is dropped has to be released too.
        let is_acquired = self.acquired.take().is_none_or(|mut acquired| {
            acquired.close();
            acquired.try_recv().is_ok()
        });
        if is_acquired {
            self.lock.release(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn acquires(guard: &mut KeyGuard) -> bool {
        let acquired = std::pin::pin!(guard.acquire());
        acquired.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }

    #[test]
    fn guards_of_a_key_are_granted_one_after_another() {
        let lock = Arc::new(KeyedLock::default());
        let enqueue = || lock.enqueue(Some(LockKey::Ordering("a")));
        let first = enqueue();
        let (mut second, third, mut fourth) = (enqueue(), enqueue(), enqueue());
        assert!(first.is_acquired());
        assert!(lock.enqueue(Some(LockKey::Ordering("b"))).is_acquired());
        assert!(!acquires(&mut second) && !acquires(&mut fourth));
        drop(third);
        drop(first);
        assert!(acquires(&mut second) && !acquires(&mut fourth));
        drop(second);
        assert!(acquires(&mut fourth));
    }

    #[test]
    fn a_lock_whose_waiter_is_dropped_is_passed_on() {
        let lock = Arc::new(KeyedLock::default());
        let enqueue = || lock.enqueue(Some(LockKey::Event("/s", "1")));
        let first = enqueue();
        let (second, mut third) = (enqueue(), enqueue());
        drop(first);
        // It was granted, and is dropped before it is polled.
        drop(second);
        assert!(acquires(&mut third));
    }

    #[test]
    fn keys_that_are_not_locked_take_no_memory() {
        let lock = Arc::new(KeyedLock::default());
        let held = lock.enqueue(Some(LockKey::Ordering("held")));
        for key in 0..10_000 {
            drop(lock.enqueue(Some(LockKey::Ordering(&key.to_string()))));
        }
        assert_eq!(lock.lock().len(), 1);
        drop(held);
        assert!(lock.lock().is_empty());
    }
}
