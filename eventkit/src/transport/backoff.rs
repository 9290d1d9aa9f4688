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

/// The initial and the maximum delay of a message that is returned for a later selection. The
/// initial delays are short because processes of both selections receive a share of the
/// redeliveries.
const INITIAL_SKIP_DELAY: Duration = Duration::from_millis(200);
const MAX_SKIP_DELAY: Duration = Duration::from_secs(2);

/// The number of deliveries after which most likely no process selects a message. It is then
/// returned with a longer delay, so that thousands of such messages do not keep the broker busy.
const MAX_EARLY_SKIPS: u32 = 20;
const LATE_SKIP_DELAY: Duration = Duration::from_secs(15);

/// Returns the delay of a message that is returned because another selection of its subscription
/// may include it, by its delivery count.
#[must_use]
pub fn skip_delay(deliveries: u32) -> Duration {
    if deliveries > MAX_EARLY_SKIPS {
        delay(LATE_SKIP_DELAY, LATE_SKIP_DELAY, deliveries)
    } else {
        delay(INITIAL_SKIP_DELAY, MAX_SKIP_DELAY, deliveries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_no_process_selects_is_returned_less_often() {
        let early: Duration = (1..=MAX_EARLY_SKIPS).map(skip_delay).sum();
        assert!(early < MAX_SKIP_DELAY * MAX_EARLY_SKIPS, "{early:?}");
        for deliveries in [MAX_EARLY_SKIPS + 1, 1_000, u32::MAX] {
            assert!(skip_delay(deliveries) > MAX_SKIP_DELAY * 3);
        }
    }

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
