//! The position at which the subscription of a handler starts.

use proc_macro2::TokenStream;
use quote::quote;

use crate::error_collector::ErrorCollector;
use crate::meta::{Key, Value};
use crate::value;

const SECONDS_PER_DAY: i64 = 86_400;

/// The position at which a new subscription starts.
#[derive(Clone, Copy)]
pub(super) enum StartPosition {
    Oldest,
    New,
    Time(Time),
}

/// A point in time, with its original offset and fraction digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    /// Seconds since 1970 in UTC.
    seconds: i64,
    nanos: u32,
    offset: i32,
    digits: u8,
}

impl StartPosition {
    /// Reads `start = "oldest"`, `"new"` or a time.
    pub(super) fn read(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<Self> {
        let literal = value::string(errors, key, value, |text| parse(text).map(drop))?;
        parse(&literal.value()).ok()
    }

    pub(super) fn expand(&self, private: &TokenStream) -> TokenStream {
        match self {
            Self::Oldest => quote!(#private::StartPosition::Oldest),
            Self::New => quote!(#private::StartPosition::New),
            Self::Time(time) => {
                let Time {
                    seconds,
                    nanos,
                    offset,
                    digits,
                } = time;
                quote!(#private::StartPosition::Time(
                    #private::timestamp_of(#seconds, #nanos, #offset, #digits)
                ))
            }
        }
    }
}

fn parse(text: &str) -> Result<StartPosition, String> {
    match text {
        "oldest" => return Ok(StartPosition::Oldest),
        "new" => return Ok(StartPosition::New),
        _ => {}
    }
    let time = if text.starts_with(|c: char| c.is_ascii_digit()) {
        Time::parse(text)
    } else {
        None
    };
    let help = "invalid start position: write \"oldest\", \"new\", or a time such as \
                \"2026-01-31T09:30:00Z\" (RFC 3339)";
    time.map(StartPosition::Time).ok_or_else(|| help.to_owned())
}

impl Time {
    /// Parses RFC 3339, without leap seconds.
    fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once(['T', 't'])?;
        let [year, month, day] = fields(date, '-', [4, 2, 2])?;
        let zone = rest.find(['Z', 'z', '+', '-'])?;
        let (time, zone) = rest.split_at(zone);
        let (time, fraction) = time
            .split_once('.')
            .map_or((time, None), |(time, fraction)| (time, Some(fraction)));
        let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
        let is_valid = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour <= 23
            && minute <= 59
            && second <= 59;
        if !is_valid {
            return None;
        }
        let (nanos, digits) = fraction.map_or(Some((0, 0)), parse_fraction)?;
        let offset = parse_offset(zone)?;
        let local = days_since_1970(year, month, day) * SECONDS_PER_DAY
            + hour * 3_600
            + minute * 60
            + second;
        Some(Self {
            seconds: local - i64::from(offset),
            nanos,
            offset,
            digits,
        })
    }
}

/// Parses numbers of fixed lengths between separators.
fn fields<const N: usize>(text: &str, separator: char, lengths: [usize; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut fields = text.split(separator);
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let field = fields.next()?;
        *number = parse_digits(field).filter(|_| field.len() == length)?;
    }
    fields.next().is_none().then_some(numbers)
}

fn parse_digits(text: &str) -> Option<i64> {
    let all_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| all_digits)
}

/// Parses a fraction of a second into nanoseconds and its number of digits.
fn parse_fraction(text: &str) -> Option<(u32, u8)> {
    let digits = u8::try_from(text.len())
        .ok()
        .filter(|digits| *digits <= 9)?;
    let number = u32::try_from(parse_digits(text)?).ok()?;
    Some((number * 10_u32.pow(9 - u32::from(digits)), digits))
}

/// Parses `Z` or an offset such as `+01:00` into seconds.
fn parse_offset(text: &str) -> Option<i32> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, text) = match text.split_at_checked(1)? {
        ("-", text) => (-1, text),
        (_, text) => (1, text),
    };
    let [hours, minutes] = fields(text, ':', [2, 2])?;
    let seconds = i32::try_from(hours * 3_600 + minutes * 60).ok()?;
    (hours <= 23 && minutes <= 59).then_some(sign * seconds)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Returns the number of days from 1970-01-01 to a day of the Gregorian calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // If the year starts in March, the leap day is its last day.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_rfc_3339_has_them() {
        for (text, seconds, nanos, offset, digits) in [
            ("1970-01-01T00:00:00Z", 0, 0, 0, 0),
            ("2000-02-29T12:00:00z", 951_825_600, 0, 0, 0),
            (
                "2026-01-31t10:30:00.50+01:00",
                1_769_851_800,
                500_000_000,
                3_600,
                2,
            ),
            (
                "2026-12-31T23:59:59.123456789-03:30",
                1_798_774_199,
                123_456_789,
                -12_600,
                9,
            ),
            ("1969-12-31T23:59:59Z", -1, 0, 0, 0),
            ("0000-03-01T00:00:00Z", -62_162_035_200, 0, 0, 0),
        ] {
            let time = Time {
                seconds,
                nanos,
                offset,
                digits,
            };
            assert_eq!(Time::parse(text), Some(time), "{text}");
        }
    }

    #[test]
    fn texts_that_are_not_times_are_refused() {
        for text in [
            "2026-01-31",
            "2026-01-31T09:30:00",
            "2026-01-31T09:30Z",
            "2026-02-29T09:30:00Z",
            "2026-13-01T09:30:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T09:60:00Z",
            "2016-12-31T23:59:60Z",
            "2026-01-31T09:30:00.Z",
            "2026-01-31T09:30:00.1234567890Z",
            "2026-01-31T09:30:00+1:00",
            "2026-01-31T09:30:00+24:00",
            "26-01-31T09:30:00Z",
            "+026-01-31T09:30:00Z",
            "2026-01-31T09:30:00Z ",
            "newest",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
