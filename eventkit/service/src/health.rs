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
    /// The last error of the transport or of a store; it stays after they have recovered.
    pub last_error: Option<LastError>,
    /// The error for which outgoing events cannot be stored at present. The events that caused them
    /// are kept, and their handlers are not run again.
    pub outgoing_error: Option<LastError>,
    /// The error for which the inbox cannot be used at present; its events are kept.
    pub inbox_error: Option<LastError>,
    /// The error for which dead letters cannot be stored at present; their events are kept.
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
    /// Returns whether all subscriptions are [ready](SubscriptionHealth::is_ready), as a readiness
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
    /// Returns whether the subscription receives events, and no event waits for a store that fails:
    /// that of outgoing events, the inbox, or that of dead letters.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let receives = matches!(
            self.state,
            SubscriptionState::Running | SubscriptionState::Paused
        );
        receives
            && self.outgoing_error.is_none()
            && self.inbox_error.is_none()
            && self.dead_letter_error.is_none()
    }

    fn store_error(&mut self, store: Store) -> &mut Option<LastError> {
        match store {
            Store::Outgoing => &mut self.outgoing_error,
            Store::Inbox => &mut self.inbox_error,
            Store::DeadLetters => &mut self.dead_letter_error,
        }
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
    /// How often the consumer was lost.
    pub(crate) losses: AtomicU64,
    current: Mutex<CurrentHealth>,
    changes: watch::Sender<u64>,
}

/// A store that messages wait for if it fails: that is not the fault of the event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Store {
    Outgoing,
    Inbox,
    DeadLetters,
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Outgoing => "an outgoing event",
            Self::Inbox => "a claim at the inbox",
            Self::DeadLetters => "a dead letter",
        })
    }
}

#[derive(Debug)]
struct CurrentHealth {
    /// All but the counters.
    health: SubscriptionHealth,
    /// The number of messages that wait for each [`Store`].
    waiting: [usize; 3],
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
            losses: AtomicU64::new(0),
            current: Mutex::new(CurrentHealth {
                health: SubscriptionHealth {
                    name,
                    handler,
                    transport,
                    state: SubscriptionState::Connecting,
                    since: Timestamp::now(),
                    last_error: None,
                    outgoing_error: None,
                    inbox_error: None,
                    dead_letter_error: None,
                    overdue: 0,
                    counters: Counters::default(),
                },
                waiting: [0; 3],
            }),
            changes,
        }
    }

    pub(crate) fn enter(&self, state: SubscriptionState) {
        let mut current = self.lock();
        if current.health.state != state {
            current.health.state = state;
            current.health.since = Timestamp::now();
            drop(current);
            self.notify();
        }
    }

    pub(crate) fn set_last_error(&self, error: &dyn Error) {
        self.lock().health.last_error = Some(LastError::new(error));
        self.notify();
    }

    /// Counts a message that waits for a store.
    pub(crate) fn begin_wait(&self, store: Store) {
        self.lock().waiting[store as usize] += 1;
    }

    /// Sets why a store fails, while messages wait for it.
    pub(crate) fn set_store_error(&self, store: Store, error: &dyn Error) {
        let error = LastError::new(error);
        let mut current = self.lock();
        *current.health.store_error(store) = Some(error.clone());
        current.health.last_error = Some(error);
        drop(current);
        self.notify();
    }

    /// Counts a message that no longer waits for a store; with the last one, the store has no error.
    pub(crate) fn end_wait(&self, store: Store) {
        let mut current = self.lock();
        let waiting = &mut current.waiting[store as usize];
        *waiting -= 1;
        if *waiting == 0 {
            *current.health.store_error(store) = None;
            drop(current);
            self.notify();
        }
    }

    pub(crate) fn health(&self) -> SubscriptionHealth {
        SubscriptionHealth {
            overdue: self.overdue.get(),
            counters: self.counters.read(),
            ..self.lock().health.clone()
        }
    }

    fn notify(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, CurrentHealth> {
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
