//! Delays that grow, and differ by chance.

use std::time::Duration;

use tokio::time::Instant;

/// What stands for delays that have no end.
pub(crate) const FOREVER: Duration = Duration::from_hours(24 * 365);

/// Returns the time after a delay, however long that is.
pub(crate) fn later(now: Instant, delay: Duration) -> Instant {
    now.checked_add(delay).unwrap_or(now + FOREVER)
}

/// Returns the delay after an attempt, counted from 1: doubled with each, at most `max`, less up to
/// half of it by chance.
pub(crate) fn delay(first: Duration, max: Duration, attempt: u32) -> Duration {
    let factor = 1_u32.checked_shl(attempt.saturating_sub(1).min(31));
    let whole = first
        .checked_mul(factor.unwrap_or(u32::MAX))
        .map_or(max, |delay| delay.min(max));
    whole.mul_f64(1.0 - fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_lose_half_at_most() {
        let (first, max) = (Duration::from_secs(1), Duration::from_mins(1));
        for (attempt, whole) in [
            (1, 1),
            (2, 2),
            (3, 4),
            (6, 32),
            (7, 60),
            (50, 60),
            (u32::MAX, 60),
        ] {
            for _ in 0..100 {
                let delay = delay(first, max, attempt);
                let whole = Duration::from_secs(whole);
                assert!(delay <= whole && delay >= whole / 2, "{attempt}: {delay:?}");
            }
        }
        assert!(delay(Duration::MAX, max, 9) <= max);
    }
}
