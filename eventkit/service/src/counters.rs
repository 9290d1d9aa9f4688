//! The counters of a subscription: those of a report, and the live ones.

use std::iter::Sum;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use serde::Serialize;
use tokio::sync::watch;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counters of a subscription; all except `in_flight` only increase.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
        #[non_exhaustive]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64,)*
        }

        /// The counters of a running subscription.
        #[derive(Debug)]
        pub(crate) struct LiveCounters {
            $(pub(crate) $name: Counter,)*
        }

        impl LiveCounters {
            /// Creates counters at zero; each change is signalled on `changes`.
            pub(crate) fn new(changes: &watch::Sender<u64>) -> Self {
                Self {
                    $($name: Counter::new(changes.clone()),)*
                }
            }

            pub(crate) fn read(&self) -> Counters {
                Counters {
                    $($name: self.$name.get(),)*
                }
            }
        }

        impl Sum for Counters {
            fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
                all.fold(Self::default(), |sum, own| Self {
                    $($name: sum.$name + own.$name,)*
                })
            }
        }
    };
}

counters! {
    /// Messages received; every delivery counts.
    received,
    /// Events whose handler succeeded.
    succeeded,
    /// Events that the filter of the handler excluded or that were addressed to another handler,
    /// counted at their first delivery.
    filtered,
    /// Failed attempts that are followed by another one.
    retried,
    /// Events and messages that became dead letters.
    dead_lettered,
    /// Events that were dropped, as requested by their policy or error.
    dropped,
    /// Events that were delivered again after they had been handled; the handler did not run.
    duplicates,
    /// Messages that were released at shutdown, before or while their handler ran.
    released,
    /// Messages whose settlement the transport did not confirm.
    unconfirmed,
    /// Messages that are being handled or wait for it.
    in_flight,
}

/// A counter whose changes wake callers of `ServiceHandle::wait_for`.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    value: AtomicU64,
    changes: watch::Sender<u64>,
}

impl Counter {
    pub(crate) fn new(changes: watch::Sender<u64>) -> Self {
        Self {
            value: AtomicU64::new(0),
            changes,
        }
    }

    pub(crate) fn get(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }

    fn add(&self, change: i64) {
        self.value
            .fetch_add(change.cast_unsigned(), Ordering::Relaxed);
        // Pairs with the fence in `wait_for`: either this sees the receiver, or the receiver sees
        // the new value.
        fence(Ordering::SeqCst);
        // Usually no caller waits, and a change must not cost anything.
        if self.changes.receiver_count() > 0 {
            self.changes.send_modify(|count| *count += 1);
        }
    }
}

pub(crate) fn increment(counter: &Counter) {
    counter.add(1);
}

/// A guard that increases a counter by one for as long as it lives.
pub(crate) struct CountGuard<'c>(&'c Counter);

impl<'c> CountGuard<'c> {
    pub(crate) fn new(counter: &'c Counter) -> Self {
        increment(counter);
        Self(counter)
    }
}

impl Drop for CountGuard<'_> {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}
