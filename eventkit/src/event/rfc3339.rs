//! Parsing and formatting of RFC 3339 timestamps, without allocations.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, Timelike};

/// The maximum number of fraction digits that are kept.
const MAX_FRACTION_DIGITS: usize = 9;
/// `2026-01-31T09:30:00.123456789+01:00`
const MAX_LEN: usize = 35;
const NANOS_PER_SECOND: u32 = 1_000_000_000;

/// The formatted text of a timestamp.
pub(crate) struct Text {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl Text {
    /// Formats a point in time in its own offset, with a number of fraction digits.
    ///
    /// The year must be in 0 to 9999. Of any other year, only the last four digits are written.
    pub(super) fn new(at: &DateTime<FixedOffset>, digits: u8) -> Self {
        let mut text = Self {
            bytes: *b"0000-00-00T00:00:00.000000000+00:00",
            len: 19,
        };
        let local = at.naive_local();
        // chrono represents a leap second as the second before it with one more second of
        // nanoseconds.
        let leap = local.nanosecond() / NANOS_PER_SECOND;
        let year = local.year().unsigned_abs() % 10_000;
        text.set(0, year / 100);
        text.set(2, year % 100);
        text.set(5, local.month());
        text.set(8, local.day());
        text.set(11, local.hour());
        text.set(14, local.minute());
        text.set(17, local.second() + leap);
        text.fraction(local.nanosecond() % NANOS_PER_SECOND, usize::from(digits));
        text.offset(at.offset().local_minus_utc());
        text
    }

    /// Sets two digits.
    fn set(&mut self, at: usize, value: u32) {
        self.bytes[at] = digit(value / 10);
        self.bytes[at + 1] = digit(value);
    }

    fn fraction(&mut self, nanos: u32, digits: usize) {
        if digits == 0 {
            return;
        }
        let mut rest = nanos;
        for at in (20..20 + MAX_FRACTION_DIGITS).rev() {
            self.bytes[at] = digit(rest);
            rest /= 10;
        }
        self.len = 20 + digits.min(MAX_FRACTION_DIGITS);
    }

    fn offset(&mut self, seconds: i32) {
        let at = self.len;
        if seconds == 0 {
            self.bytes[at] = b'Z';
            self.len += 1;
            return;
        }
        let minutes = seconds.unsigned_abs() / 60;
        self.bytes[at] = if seconds < 0 { b'-' } else { b'+' };
        self.set(at + 1, minutes / 60);
        self.bytes[at + 3] = b':';
        self.set(at + 4, minutes % 60);
        self.len += 6;
    }

    pub(crate) fn as_str(&self) -> &str {
        // The buffer contains only ASCII digits and punctuation.
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

/// Returns the last digit of a number.
fn digit(value: u32) -> u8 {
    // The remainder is one decimal digit.
    #[allow(clippy::cast_possible_truncation)]
    let digit = (value % 10) as u8;
    b'0' + digit
}

/// Parses a point in time. Returns it with its number of fraction digits, of which nine are kept.
pub(super) fn read(text: &str) -> Option<(DateTime<FixedOffset>, u8)> {
    let (whole, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let punctuation = [whole[4], whole[7], whole[10] & !0x20, whole[13], whole[16]];
    if punctuation != *b"--T::" {
        return None;
    }
    let mut all_digits = true;
    let mut two = |at: usize| {
        let (tens, ones) = (digit_value(whole[at]), digit_value(whole[at + 1]));
        all_digits &= tens <= 9 && ones <= 9;
        u32::from(tens) * 10 + u32::from(ones)
    };
    let (year, month, day) = (two(0) * 100 + two(2), two(5), two(8));
    let (hour, minute, second) = (two(11), two(14), two(17));
    if !all_digits {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let (nanos, digits, rest) = fraction(rest)?;
    // chrono represents a leap second as the second before it with one more second of nanoseconds.
    let (second, nanos) = if second == 60 {
        (59, nanos + NANOS_PER_SECOND)
    } else {
        (second, nanos)
    };
    let time = NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?;
    let offset = FixedOffset::east_opt(offset(rest)?)?;
    let utc = date.and_time(time).checked_sub_offset(offset)?;
    Some((DateTime::from_naive_utc_and_offset(utc, offset), digits))
}

/// Returns whether the second is not a leap second, or is one at the end of a month in UTC.
pub(super) fn has_valid_second(at: &DateTime<FixedOffset>) -> bool {
    if at.timestamp_subsec_nanos() < NANOS_PER_SECOND {
        return true;
    }
    let utc = at.naive_utc();
    let is_last_day = utc.date().succ_opt().is_none_or(|next| next.day() == 1);
    is_last_day && (utc.hour(), utc.minute(), utc.second()) == (23, 59, 59)
}

/// Returns the value of a digit, or more than nine for any other byte.
fn digit_value(byte: u8) -> u8 {
    byte.wrapping_sub(b'0')
}

/// Parses an optional fraction. Returns its nanoseconds, its number of digits, and the rest.
fn fraction(bytes: &[u8]) -> Option<(u32, u8, &[u8])> {
    /// The nanoseconds of the last digit, by the number of digits.
    const UNITS: [u32; MAX_FRACTION_DIGITS + 1] = [
        1_000_000_000,
        100_000_000,
        10_000_000,
        1_000_000,
        100_000,
        10_000,
        1_000,
        100,
        10,
        1,
    ];
    let Some(bytes) = bytes.strip_prefix(b".") else {
        return Some((0, 0, bytes));
    };
    let (mut number, mut digits) = (0, 0);
    for byte in bytes.iter().take(MAX_FRACTION_DIGITS) {
        let digit = digit_value(*byte);
        if digit > 9 {
            break;
        }
        number = number * 10 + u32::from(digit);
        digits += 1;
    }
    let mut rest = &bytes[digits..];
    if digits == MAX_FRACTION_DIGITS {
        while let [b'0'..=b'9', after @ ..] = rest {
            rest = after;
        }
    }
    let kept = u8::try_from(digits).ok()?;
    (digits > 0).then_some((number * UNITS[digits], kept, rest))
}

/// Parses an offset up to the end of the text, in seconds.
fn offset(bytes: &[u8]) -> Option<i32> {
    match bytes {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if minutes > 59 {
                return None;
            }
            let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

/// Parses a short decimal number.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, byte| {
        let digit = digit_value(*byte);
        (digit <= 9).then(|| number * 10 + u32::from(digit))
    })
}
