//! Timestamps of the specification.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::time::SystemTime;

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, SubsecRound, TimeZone, Utc};

use super::rfc3339;
use crate::error::AttributeError;

const EXPECTED: &str =
    "an RFC 3339 timestamp with seconds and offset, such as 2026-01-31T09:30:00Z";
const YEAR: &str = "a year from 0 to 9999 (RFC 3339)";
const LEAP_SECOND: &str =
    "a timestamp with a leap second only at the end of a month in UTC (RFC 3339)";

/// A point in time that keeps its original offset and number of fraction digits.
///
/// It dereferences to [`chrono::DateTime`]. It is always formatted as RFC 3339 with an upper-case
/// `T`, and with `Z` if the offset is zero. Two timestamps are equal if they have the same text. To
/// compare instants, compare with a [`DateTime`] or use [`to_utc`](DateTime::to_utc). Fraction
/// digits after the ninth are cut off.
///
/// This is the type `Timestamp` of the core specification's Type System.
///
/// ```
/// use eventkit::event::Timestamp;
///
/// let time: Timestamp = "2026-01-31t10:30:00.50+01:00".parse()?;
/// assert_eq!(time.to_string(), "2026-01-31T10:30:00.50+01:00");
/// assert_eq!(time.to_utc().to_rfc3339(), "2026-01-31T09:30:00.500+00:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Eq)]
pub struct Timestamp {
    at: DateTime<FixedOffset>,
    digits: u8,
}

impl Timestamp {
    /// Returns the current time in UTC, with a precision of microseconds.
    #[must_use]
    pub fn now() -> Self {
        Self {
            at: Utc::now().trunc_subsecs(6).fixed_offset(),
            digits: 6,
        }
    }

    /// Formats the timestamp. The text is correct only if [`check`](Self::check) returns no error.
    pub(crate) fn text(&self) -> rfc3339::Text {
        rfc3339::Text::new(&self.at, self.digits)
    }

    /// Checks that RFC 3339 can represent the timestamp. The error describes what is expected.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if !self.has_writable_year() {
            Err(YEAR)
        } else if !rfc3339::has_valid_second(&self.at) {
            Err(LEAP_SECOND)
        } else {
            Ok(())
        }
    }

    fn has_writable_year(&self) -> bool {
        (0..=9999).contains(&self.at.year())
    }
}

/// Creates a timestamp from a literal that `#[handles]` parsed: seconds since 1970 in UTC,
/// nanoseconds, the offset in seconds, and the number of fraction digits.
///
/// # Panics
///
/// Panics at compile time if the time is out of range.
#[must_use]
pub const fn timestamp_of(seconds: i64, nanos: u32, offset: i32, digits: u8) -> Timestamp {
    match (
        DateTime::from_timestamp(seconds, nanos),
        FixedOffset::east_opt(offset),
    ) {
        (Some(at), Some(offset)) => Timestamp {
            at: DateTime::from_naive_utc_and_offset(at.naive_utc(), offset),
            digits,
        },
        _ => panic!("the time is out of range"),
    }
}

impl<Tz: TimeZone> From<DateTime<Tz>> for Timestamp {
    /// Keeps 0, 3, 6 or 9 fraction digits, as the value needs.
    ///
    /// RFC 3339 cannot represent an offset with seconds, so such a time is converted to UTC.
    fn from(at: DateTime<Tz>) -> Self {
        let mut at = at.fixed_offset();
        let whole_minutes = at.offset().local_minus_utc() % 60 == 0;
        // Near the minimum and maximum of chrono, the local time is out of range.
        let local = at.naive_utc().checked_add_offset(*at.offset());
        if !whole_minutes || local.is_none() {
            at = at.to_utc().fixed_offset();
        }
        let digits = match at.timestamp_subsec_nanos() % 1_000_000_000 {
            0 => 0,
            n if n % 1_000_000 == 0 => 3,
            n if n % 1_000 == 0 => 6,
            _ => 9,
        };
        Self { at, digits }
    }
}

impl From<SystemTime> for Timestamp {
    /// Converts the time to UTC, with 0, 3, 6 or 9 fraction digits, as the value needs.
    fn from(at: SystemTime) -> Self {
        DateTime::<Utc>::from(at).into()
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(time: Timestamp) -> Self {
        time.at.to_utc()
    }
}

impl From<Timestamp> for DateTime<FixedOffset> {
    fn from(time: Timestamp) -> Self {
        time.at
    }
}

impl Deref for Timestamp {
    type Target = DateTime<FixedOffset>;

    fn deref(&self) -> &Self::Target {
        &self.at
    }
}

impl PartialEq for Timestamp {
    /// Compares the formatted text. chrono considers the same instant in two offsets equal.
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at && self.at.offset() == other.at.offset() && self.digits == other.digits
    }
}

impl<Tz: TimeZone> PartialEq<DateTime<Tz>> for Timestamp {
    /// Compares the instants.
    fn eq(&self, other: &DateTime<Tz>) -> bool {
        self.at == *other
    }
}

impl FromStr for Timestamp {
    type Err = AttributeError;

    /// Parses RFC 3339.
    ///
    /// # Errors
    ///
    /// Returns an error if the text has another form, such as a date without a time or a time
    /// without an offset, or if it has a leap second that is not at the end of a month in UTC.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |expected| AttributeError::new(text, expected);
        let (at, digits) = rfc3339::read(text).ok_or_else(|| wrong(EXPECTED))?;
        if !rfc3339::has_valid_second(&at) {
            return Err(wrong(LEAP_SECOND));
        }
        Ok(Self { at, digits })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_writable_year() {
            return f.write_str(self.text().as_str());
        }
        // `Timestamp` cannot format such a year, and this is an error message about it.
        let format = if self.digits == 0 {
            SecondsFormat::Secs
        } else {
            SecondsFormat::Nanos
        };
        f.write_str(&self.at.to_rfc3339_opts(format, true))
    }
}
