//! Counters of a subscription.

use std::iter::Sum;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counters of a subscription; all but `in_flight` only grow.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64,)*
        }

        /// The counters of a running subscription.
        #[derive(Debug, Default)]
        pub(crate) struct LiveCounters {
            $(pub(crate) $name: AtomicU64,)*
        }

        impl LiveCounters {
            pub(crate) fn read(&self) -> Counters {
                Counters {
                    $($name: self.$name.load(Ordering::Relaxed),)*
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
    /// Messages that were received, counted at each delivery.
    received,
    /// Events whose handler succeeded.
    succeeded,
    /// Events that the filter of the handler excluded, or that were addressed to another handler.
    filtered,
    /// Attempts that failed and are followed by another one.
    retried,
    /// Events and messages that became dead letters.
    dead_lettered,
    /// Events that were dropped, as their policy or error asks for.
    dropped,
    /// Events that were delivered again after they were handled: the handler did not run.
    duplicates,
    /// Messages that were released unhandled when the service stopped.
    released,
    /// Messages whose settlement the transport did not confirm.
    unconfirmed,
    /// Messages that are being handled, or wait for it.
    in_flight,
}

pub(crate) fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A count that is one higher for as long as this lives.
pub(crate) struct CountGuard<'c>(&'c AtomicU64);

impl<'c> CountGuard<'c> {
    pub(crate) fn new(counter: &'c AtomicU64) -> Self {
        increment(counter);
        Self(counter)
    }
}

impl Drop for CountGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
