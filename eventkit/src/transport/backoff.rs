//! Delays between attempts: exponential, with jitter.

use std::time::Duration;

/// The longest delay: a year.
///
/// Users and remote peers can ask for any delay. A delay is capped at this value before it is added
/// to the current time, so that the sum does not overflow.
pub const FAR_FUTURE: Duration = Duration::from_hours(24 * 365);

/// Returns the delay after an attempt, counted from 1.
///
/// The delay starts at `initial` and doubles with each attempt, up to `max`. A random part of it,
/// up to half, is subtracted, so that operations that failed together are not retried together.
#[must_use]
pub fn delay(initial: Duration, max: Duration, attempt: u32) -> Duration {
    let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
    let whole = initial.saturating_mul(factor).min(max);
    whole.mul_f64(1.0 - fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_lose_half_at_most() {
        let (initial, max) = (Duration::from_secs(1), Duration::from_mins(1));
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
                let delay = delay(initial, max, attempt);
                let whole = Duration::from_secs(whole);
                assert!(delay <= whole && delay >= whole / 2, "{attempt}: {delay:?}");
            }
        }
        assert!(delay(Duration::MAX, max, 9) <= max);
    }
}
