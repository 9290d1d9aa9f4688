//! When the next request may be sent.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Holds requests back: to the rate that the target has allowed, and while it has asked for silence.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    interval: Duration,
    next: Option<Instant>,
}

impl Pace {
    /// Sets the rate from now on.
    pub(super) fn set_rate(&self, per_minute: u32) {
        self.lock().interval = Duration::from_mins(1) / per_minute.max(1);
    }

    /// Lets nothing through for a time.
    pub(super) fn hold(&self, delay: Duration) {
        let now = Instant::now();
        if let Some(at) = now.checked_add(delay) {
            let mut state = self.lock();
            state.next = state.next.max(Some(at));
        }
    }

    /// Waits for the turn of one request; `Err` says how long it would take, where that is after a
    /// deadline.
    pub(super) async fn turn(&self, deadline: Instant) -> Result<(), Duration> {
        let at = {
            let mut state = self.lock();
            let now = Instant::now();
            let at = state.next.map_or(now, |next| next.max(now));
            if at > deadline {
                return Err(at.duration_since(now));
            }
            if !state.interval.is_zero() {
                state.next = Some(at + state.interval);
            }
            at
        };
        sleep_until(at).await;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_come_at_their_rate_and_after_a_silence() {
        let pace = Pace::default();
        let start = Instant::now();
        let deadline = start + Duration::from_mins(1);
        for _ in 0..100 {
            pace.turn(deadline).await.unwrap();
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        pace.set_rate(6);
        for seconds in [0, 10, 20] {
            pace.turn(deadline).await.unwrap();
            assert_eq!(start.elapsed(), Duration::from_secs(seconds));
        }
        pace.hold(Duration::from_secs(25));
        pace.turn(deadline).await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(45));
        pace.turn(deadline).await.unwrap();
        let too_late = pace.turn(deadline).await;
        assert_eq!(too_late, Err(Duration::from_secs(10)));
        pace.hold(Duration::MAX);
    }
}
