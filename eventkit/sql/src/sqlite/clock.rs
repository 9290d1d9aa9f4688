//! A clock shared by all processes that use a database.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clock of a database, in milliseconds.
///
/// It advances as time passes while a process has the database open, and never goes back. The
/// system clock only provides the first time of a new database. So a process whose system clock is
/// wrong or changes ends no lease and no window early.
///
/// Each process adds the time that has passed since it last read the clock. While no process has
/// the database open, the clock stands still, so leases and windows last longer.
pub(super) struct Clock {
    /// Returns the time since an arbitrary moment that is the same for all calls.
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
    /// Creates a clock that has not been read yet.
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

    /// Returns the current time, given the time that is stored in the database.
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
        // The fraction of a millisecond is counted later, so that frequent reads do not slow the
        // clock down.
        let whole = Duration::from_millis(passed.cast_unsigned());
        Reading {
            time,
            uptime: self.last.uptime.saturating_add(whole),
        }
    }

    /// Sets the state of the clock to a reading.
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
    // A system clock before 1970 counts as 1970.
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, millis)
}
