//! The status of a running subscription.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::health::{LastError, LiveCounters, SubscriptionHealth, SubscriptionState};
use eventkit::event::Timestamp;

/// The live counterpart of a [`SubscriptionHealth`].
#[derive(Debug)]
pub(crate) struct SubscriptionStatus {
    name: String,
    handler: &'static str,
    transport: String,
    pub(crate) counters: LiveCounters,
    pub(crate) overdue: AtomicU64,
    current: Mutex<Current>,
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct Current {
    state: SubscriptionState,
    since: Timestamp,
    last_error: Option<LastError>,
    dead_letter_error: Option<LastError>,
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
            name,
            handler,
            transport,
            counters: LiveCounters::default(),
            overdue: AtomicU64::new(0),
            current: Mutex::new(Current {
                state: SubscriptionState::Connecting,
                since: Timestamp::now(),
                last_error: None,
                dead_letter_error: None,
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
        let current = self.lock();
        SubscriptionHealth {
            name: self.name.clone(),
            handler: self.handler,
            transport: self.transport.clone(),
            state: current.state,
            since: current.since,
            last_error: current.last_error.clone(),
            dead_letter_error: current.dead_letter_error.clone(),
            overdue: self.overdue.load(Ordering::Relaxed),
            counters: self.counters.read(),
        }
    }

    fn notify(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
