//! Stops a handler that fails whatever its events are.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use eventkit::transport::backoff::FAR_FUTURE;

/// Counts failures in a row, and holds events back after too many.
#[derive(Debug)]
pub(super) struct Breaker {
    most: u32,
    pause: Duration,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One event is being tried.
    Trying,
}

/// What noting an outcome did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    None,
    Opened,
    Closed,
}

/// Lets one event through; where it is dropped without a word, the next one tries.
#[derive(Debug)]
pub(super) struct Pass<'b> {
    breaker: &'b Breaker,
    trial: bool,
}

impl Breaker {
    pub(super) fn new(most: u32, pause: Duration) -> Self {
        Self {
            most: most.max(1),
            pause,
            state: Mutex::new(State::Closed { failures: 0 }),
            changed: Notify::new(),
        }
    }

    /// Waits until an event may be tried.
    pub(super) async fn pass(&self) -> Pass<'_> {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let state = *self.lock();
            match state {
                State::Closed { .. } => return self.let_through(false),
                State::Open { until } if until > Instant::now() => sleep_until(until).await,
                State::Open { .. } => {
                    // Between the look and this, another may have begun the trial.
                    let mut state = self.lock();
                    if matches!(*state, State::Open { .. }) {
                        *state = State::Trying;
                        return self.let_through(true);
                    }
                }
                State::Trying => changed.await,
            }
        }
    }

    fn let_through(&self, trial: bool) -> Pass<'_> {
        let breaker = self;
        Pass { breaker, trial }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Notes what the event came to.
    pub(super) fn note(mut self, failed: bool) -> Change {
        let breaker = self.breaker;
        let open = State::Open {
            until: Instant::now() + breaker.pause.min(FAR_FUTURE),
        };
        let mut state = breaker.lock();
        let (next, change) = match (*state, failed) {
            (State::Closed { failures }, true) if failures + 1 >= breaker.most => {
                (open, Change::Opened)
            }
            (State::Closed { failures }, true) => {
                let failures = failures + 1;
                (State::Closed { failures }, Change::None)
            }
            (State::Trying, true) if self.trial => (open, Change::Opened),
            (State::Trying, false) if self.trial => (State::Closed { failures: 0 }, Change::Closed),
            (State::Closed { .. }, false) => (State::Closed { failures: 0 }, Change::None),
            // It began before the breaker opened.
            (state, _) => (state, Change::None),
        };
        *state = next;
        drop(state);
        self.trial = false;
        breaker.changed.notify_waiters();
        change
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.trial {
            *self.breaker.lock() = State::Open {
                until: Instant::now(),
            };
            self.breaker.changed.notify_waiters();
        }
    }
}
