//! How many requests a sender may make.

use std::time::Duration;

use tokio::time::Instant;

/// Counts the requests of one sender; it lets a minute's worth through at once, and then as many
/// as become free.
#[derive(Debug, Clone)]
pub(super) struct Meter {
    interval: Duration,
    /// When all that were let through would have come, at the rate.
    spent_until: Option<Instant>,
}

const MINUTE: Duration = Duration::from_mins(1);

impl Meter {
    pub(super) fn new(per_minute: u32) -> Self {
        Self {
            interval: MINUTE / per_minute.max(1),
            spent_until: None,
        }
    }

    /// Lets a request through, or says how long it has to wait.
    pub(super) fn pass(&mut self, now: Instant) -> Result<(), Duration> {
        let spent = self.spent_until.unwrap_or(now).max(now) + self.interval;
        let ahead = spent.duration_since(now);
        match ahead.saturating_sub(MINUTE) {
            Duration::ZERO => {
                self.spent_until = Some(spent);
                Ok(())
            }
            over => Err(over),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_passes_at_once_and_the_rest_one_by_one() {
        let start = Instant::now();
        let mut meter = Meter::new(6);
        for _ in 0..6 {
            assert_eq!(meter.pass(start), Ok(()));
        }
        let ten = Duration::from_secs(10);
        assert_eq!(meter.pass(start), Err(ten));
        assert_eq!(meter.pass(start + ten / 2), Err(ten / 2));
        assert_eq!(meter.pass(start + ten), Ok(()));
        assert_eq!(meter.pass(start + ten), Err(ten));
        for _ in 0..6 {
            assert_eq!(meter.pass(start + MINUTE * 10), Ok(()));
        }
        assert!(meter.pass(start + MINUTE * 10).is_err());
    }

    #[test]
    fn any_rate_is_possible() {
        let now = Instant::now();
        assert_eq!(Meter::new(u32::MAX).pass(now), Ok(()));
        let mut slow = Meter::new(1);
        assert_eq!((slow.pass(now), slow.pass(now)), (Ok(()), Err(MINUTE)));
    }
}
