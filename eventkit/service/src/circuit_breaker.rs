//! A circuit breaker, which pauses a handler that fails for every event.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::subscription_state::SubscriptionState;
use eventkit::transport::backoff::FAR_FUTURE;

/// A circuit breaker that opens after a number of failures in a row.
#[derive(Debug)]
pub(crate) struct CircuitBreaker {
    max_failures: u32,
    reset_timeout: Duration,
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
    /// One event is being handled on trial.
    HalfOpen,
}

/// A permit to run the handler once.
///
/// If the permit of a trial is dropped without recording an outcome, the next event is the trial.
#[derive(Debug)]
pub(crate) struct Permit<'b> {
    breaker: &'b CircuitBreaker,
    is_trial: bool,
}

impl CircuitBreaker {
    pub(crate) fn new(max_failures: u32, reset_timeout: Duration) -> Self {
        Self {
            max_failures: max_failures.max(1),
            reset_timeout,
            state: Mutex::new(State::Closed { failures: 0 }),
            changed: Notify::new(),
        }
    }

    /// Waits until the handler may run.
    pub(crate) async fn acquire(&self) -> Permit<'_> {
        loop {
            let mut changed = pin!(self.changed.notified());
            // Registered before the state is read, so that no change in between is missed.
            changed.as_mut().enable();
            let state = match self.try_acquire() {
                Ok(permit) => return permit,
                Err(state) => state,
            };
            match state {
                State::Open { until } => sleep_until(until).await,
                State::Closed { .. } | State::HalfOpen => changed.await,
            }
        }
    }

    /// Returns a permit, or the state that must change before a permit is available.
    fn try_acquire(&self) -> Result<Permit<'_>, State> {
        let mut state = self.lock();
        let is_trial = match *state {
            State::Closed { .. } => false,
            State::Open { until } if until <= Instant::now() => {
                *state = State::HalfOpen;
                true
            }
            waiting => return Err(waiting),
        };
        Ok(Permit {
            breaker: self,
            is_trial,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Records the outcome of the handler; returns the new state of the subscription if it changes.
    pub(crate) fn record(mut self, failed: bool) -> Option<SubscriptionState> {
        let breaker = self.breaker;
        let open = State::Open {
            until: Instant::now() + breaker.reset_timeout.min(FAR_FUTURE),
        };
        let closed = State::Closed { failures: 0 };
        let mut state = breaker.lock();
        let (next, changed) = match (*state, failed) {
            (State::Closed { failures }, true) if failures + 1 >= breaker.max_failures => {
                (open, Some(SubscriptionState::Paused))
            }
            (State::Closed { failures }, true) => {
                let failures = failures + 1;
                (State::Closed { failures }, None)
            }
            (State::Closed { .. }, false) => (closed, None),
            (State::HalfOpen, true) if self.is_trial => (open, Some(SubscriptionState::Paused)),
            (State::HalfOpen, false) if self.is_trial => (closed, Some(SubscriptionState::Running)),
            // The handler was started before the breaker opened.
            (state, _) => (state, None),
        };
        *state = next;
        drop(state);
        self.is_trial = false;
        breaker.changed.notify_waiters();
        changed
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            *self.breaker.lock() = State::Open {
                until: Instant::now(),
            };
            self.breaker.changed.notify_waiters();
        }
    }
}
