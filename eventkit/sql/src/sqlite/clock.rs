//! The clock that the processes of a database share.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clock of a database, in milliseconds.
///
/// It moves on as time passes while a process has the database open, and never back. A system clock
/// only gives a new database its first time. So a process whose system clock is wrong, or changes,
/// ends no lease and no window early.
///
/// Each process adds the time that has passed since it last saw the clock. While no process has the
/// database open, the clock stands still, and what it measures lasts longer.
pub(super) struct Clock {
    /// Returns the time since a moment that is the same for all calls.
    uptime: Box<dyn Fn() -> Duration + Send>,
    last: Reading,
}

/// A time of the clock, and the uptime of this process at that time.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub(super) time: i64,
    uptime: Duration,
}

impl Clock {
    /// Creates a clock that nothing has been read from.
    pub(super) fn new(uptime: impl Fn() -> Duration + Send + 'static) -> Self {
        let last = Reading {
            time: i64::MIN,
            uptime: uptime(),
        };
        Self {
            uptime: Box::new(uptime),
            last,
        }
    }

    /// Creates a clock that follows the monotonic clock of the system.
    pub(super) fn monotonic() -> Self {
        let start = Instant::now();
        Self::new(move || start.elapsed())
    }

    /// Returns the current time, if `stored` is the time in the database.
    pub(super) fn read(&self, stored: i64) -> Reading {
        let uptime = (self.uptime)();
        let passed = millis(uptime.saturating_sub(self.last.uptime));
        let time = self.last.time.saturating_add(passed);
        if time < stored {
            return Reading {
                time: stored,
                uptime,
            };
        }
        // The rest of a millisecond counts later, so that frequent readings do not slow the clock.
        let whole = Duration::from_millis(passed.cast_unsigned());
        Reading {
            time,
            uptime: self.last.uptime.saturating_add(whole),
        }
    }

    /// Takes on a reading.
    pub(super) fn set(&mut self, reading: Reading) {
        self.last = reading;
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Returns the time of the system clock, in milliseconds.
pub(super) fn system_time() -> i64 {
    // A clock before 1970 counts as one that stands still there.
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, millis)
}
