//! The rate limits of endpoints and senders.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

const MINUTE: Duration = Duration::from_mins(1);

/// A token bucket with the capacity of one minute.
#[derive(Debug, Clone)]
pub(super) struct TokenBucket {
    interval: Duration,
    /// The time at which the bucket is full again.
    full_at: Option<Instant>,
}

impl TokenBucket {
    pub(super) fn new(per_minute: u32) -> Self {
        Self {
            interval: MINUTE / per_minute.max(1),
            full_at: None,
        }
    }

    /// Takes a token, or returns the delay until one is available.
    pub(super) fn try_acquire(&mut self, now: Instant) -> Result<(), Duration> {
        let full_at = self.full_at.unwrap_or(now).max(now) + self.interval;
        match full_at.duration_since(now).saturating_sub(MINUTE) {
            Duration::ZERO => {
                self.full_at = Some(full_at);
                Ok(())
            }
            delay => Err(delay),
        }
    }
}

/// A rate limiter that delays requests to keep the rate, and to respect pauses requested by the
/// target.
#[derive(Debug, Default)]
pub(super) struct RateLimiter(Mutex<LimiterState>);

#[derive(Debug, Default)]
struct LimiterState {
    interval: Duration,
    next: Option<Instant>,
}

impl RateLimiter {
    /// Sets the rate.
    pub(super) fn set_rate(&self, per_minute: u32) {
        self.lock().interval = MINUTE / per_minute.max(1);
    }

    /// Delays all subsequent requests.
    pub(super) fn pause_for(&self, delay: Duration) {
        let now = Instant::now();
        if let Some(at) = now.checked_add(delay) {
            let mut state = self.lock();
            state.next = state.next.max(Some(at));
        }
    }

    /// Waits until a request may be sent, or returns the delay if that would exceed the deadline.
    pub(super) async fn acquire(&self, deadline: Instant) -> Result<(), Duration> {
        let now = Instant::now();
        let at = {
            let mut state = self.lock();
            let at = state.next.map_or(now, |next| next.max(now));
            if at > deadline {
                return Err(at.duration_since(now));
            }
            if !state.interval.is_zero() {
                state.next = Some(at + state.interval);
            }
            at
        };
        // A timer takes up to a millisecond, even if its time has already come.
        if at > now {
            sleep_until(at).await;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, LimiterState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn a_minutes_worth_passes_at_once_and_the_rest_one_by_one() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(6);
        for _ in 0..6 {
            assert_eq!(bucket.try_acquire(start), Ok(()));
        }
        let ten = Duration::from_secs(10);
        assert_eq!(bucket.try_acquire(start), Err(ten));
        assert_eq!(bucket.try_acquire(start + ten / 2), Err(ten / 2));
        assert_eq!(bucket.try_acquire(start + ten), Ok(()));
        assert_eq!(bucket.try_acquire(start + ten), Err(ten));
        for _ in 0..6 {
            assert_eq!(bucket.try_acquire(start + MINUTE * 10), Ok(()));
        }
        assert!(bucket.try_acquire(start + MINUTE * 10).is_err());
    }

    #[test]
    fn any_rate_is_possible() {
        let now = Instant::now();
        assert_eq!(TokenBucket::new(u32::MAX).try_acquire(now), Ok(()));
        let mut slow = TokenBucket::new(1);
        assert_eq!(
            (slow.try_acquire(now), slow.try_acquire(now)),
            (Ok(()), Err(MINUTE))
        );
    }

    #[test]
    fn a_request_that_need_not_wait_sets_no_timer() {
        let limiter = RateLimiter::default();
        let deadline = Instant::now() + MINUTE;
        // A timer would panic here, outside a runtime.
        let acquiring = std::pin::pin!(limiter.acquire(deadline));
        let context = &mut Context::from_waker(Waker::noop());
        assert_eq!(acquiring.poll(context), Poll::Ready(Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_come_at_their_rate_and_after_a_silence() {
        let limiter = RateLimiter::default();
        let start = Instant::now();
        let deadline = start + Duration::from_mins(1);
        for _ in 0..100 {
            limiter.acquire(deadline).await.unwrap();
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        limiter.set_rate(6);
        for seconds in [0, 10, 20] {
            limiter.acquire(deadline).await.unwrap();
            assert_eq!(start.elapsed(), Duration::from_secs(seconds));
        }
        limiter.pause_for(Duration::from_secs(25));
        limiter.acquire(deadline).await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(45));
        limiter.acquire(deadline).await.unwrap();
        let too_late = limiter.acquire(deadline).await;
        assert_eq!(too_late, Err(Duration::from_secs(10)));
        limiter.pause_for(Duration::MAX);
    }
}
