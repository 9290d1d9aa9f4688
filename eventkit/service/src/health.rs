//! The health of a service and its subscriptions, as reported and as recorded while they run.

use std::error::Error;
use std::fmt;
use std::iter::{self, Sum};
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use eventkit::event::Timestamp;

/// The health of a service at one moment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Health {
    /// The health of each handler on each transport.
    pub subscriptions: Vec<SubscriptionHealth>,
}

/// The health of one handler on one transport.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SubscriptionHealth {
    /// The durable name of the subscription.
    pub name: String,
    /// The path of the handler.
    pub handler: &'static str,
    /// The name of the transport.
    pub transport: String,
    /// The current state.
    pub state: SubscriptionState,
    /// The time at which the state was entered.
    pub since: Timestamp,
    /// The last error of the transport; it stays after the transport has recovered.
    pub last_error: Option<LastError>,
    /// The error for which dead letters cannot be stored at present; their events are kept and
    /// retried.
    pub dead_letter_error: Option<LastError>,
    /// The number of events that a sync handler is working on past its timeout.
    pub overdue: u64,
    /// The counters since the service was started.
    pub counters: Counters,
}

/// An error, and the time at which it occurred.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastError {
    /// The message of the error, followed by those of its causes.
    pub message: String,
    /// The time at which it occurred.
    pub at: Timestamp,
}

/// The state of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubscriptionState {
    /// The consumer was not open yet.
    Connecting,
    /// The subscription receives events.
    Running,
    /// The circuit breaker is open: the handler failed too often in a row.
    Paused,
    /// The consumer was lost, and is opened again after a delay.
    Lost,
    /// The subscription receives no more events, and finishes those it has.
    Draining,
    /// The subscription has ended.
    Stopped,
}

impl Health {
    /// Returns whether all subscriptions receive events and can store dead letters, as a readiness
    /// probe asks.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.subscriptions.iter().all(SubscriptionHealth::is_ready)
    }

    /// Returns the sum of the counters of all subscriptions.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.subscriptions.iter().map(|own| own.counters).sum()
    }
}

impl SubscriptionHealth {
    /// Returns whether the subscription receives events and can store dead letters.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let receives = matches!(
            self.state,
            SubscriptionState::Running | SubscriptionState::Paused
        );
        receives && self.dead_letter_error.is_none()
    }
}

impl LastError {
    pub(crate) fn new(error: &dyn Error) -> Self {
        let mut messages = vec![error.to_string()];
        let causes = iter::successors(error.source(), |error| (*error).source());
        messages.extend(causes.map(ToString::to_string));
        Self {
            message: messages.join(": "),
            at: Timestamp::now(),
        }
    }
}

impl fmt::Display for LastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.at)
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counters of a subscription; all but `in_flight` only grow.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
            /// Creates counters at zero; each change is counted in `changes`.
            fn new(changes: &watch::Sender<u64>) -> Self {
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

/// The live counterpart of a [`SubscriptionHealth`].
#[derive(Debug)]
pub(crate) struct SubscriptionStatus {
    pub(crate) counters: LiveCounters,
    pub(crate) overdue: Counter,
    /// All but the counters.
    current: Mutex<SubscriptionHealth>,
    changes: watch::Sender<u64>,
}

impl SubscriptionStatus {
    /// Creates the status of a subscription that connects; each change is counted in `changes`.
    pub(crate) fn new(
        name: String,
        handler: &'static str,
        transport: String,
        changes: watch::Sender<u64>,
    ) -> Self {
        Self {
            counters: LiveCounters::new(&changes),
            overdue: Counter::new(changes.clone()),
            current: Mutex::new(SubscriptionHealth {
                name,
                handler,
                transport,
                state: SubscriptionState::Connecting,
                since: Timestamp::now(),
                last_error: None,
                dead_letter_error: None,
                overdue: 0,
                counters: Counters::default(),
            }),
            changes,
        }
    }

    pub(crate) fn enter(&self, state: SubscriptionState) {
        let mut current = self.lock();
        if current.state != state {
            current.state = state;
            current.since = Timestamp::now();
            drop(current);
            self.notify();
        }
    }

    pub(crate) fn set_last_error(&self, error: &dyn Error) {
        self.lock().last_error = Some(LastError::new(error));
        self.notify();
    }

    /// Sets why dead letters cannot be stored, or that they can.
    pub(crate) fn set_dead_letter_error(&self, error: Option<&dyn Error>) {
        let mut current = self.lock();
        if error.is_some() || current.dead_letter_error.is_some() {
            current.dead_letter_error = error.map(LastError::new);
            drop(current);
            self.notify();
        }
    }

    pub(crate) fn health(&self) -> SubscriptionHealth {
        SubscriptionHealth {
            overdue: self.overdue.get(),
            counters: self.counters.read(),
            ..self.lock().clone()
        }
    }

    fn notify(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, SubscriptionHealth> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A counter whose changes wake those who wait for a [`Health`].
#[derive(Debug, Default)]
pub(crate) struct Counter {
    value: AtomicU64,
    changes: watch::Sender<u64>,
}

impl Counter {
    fn new(changes: watch::Sender<u64>) -> Self {
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
        // Pairs with the fence of who waits: either the receiver is seen here, or the value there.
        fence(Ordering::SeqCst);
        // Most often nobody waits, and a change costs nothing.
        if self.changes.receiver_count() > 0 {
            self.changes.send_modify(|count| *count += 1);
        }
    }
}

pub(crate) fn increment(counter: &Counter) {
    counter.add(1);
}

/// A count that is one higher for as long as this lives.
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
