//! The header `Retry-After` (RFC 9110, 10.2.3), both ways.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue};

/// Writes a delay in whole seconds, rounded up: nobody comes back too early.
pub(super) fn value(delay: Duration) -> HeaderValue {
    let seconds = delay
        .as_secs()
        .saturating_add(u64::from(delay.subsec_nanos() > 0));
    HeaderValue::from(seconds)
}

/// Reads a delay that is given in seconds or as a date; a date that has passed is no delay.
pub(super) fn read(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_at(text: &'static str, now: u64) -> Option<Duration> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
        read(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(now))
    }

    #[test]
    fn a_delay_is_rounded_up() {
        for (millis, seconds) in [(0, "0"), (1, "1"), (999, "1"), (1000, "1"), (1001, "2")] {
            assert_eq!(value(Duration::from_millis(millis)), seconds);
        }
        assert_eq!(value(Duration::MAX), "18446744073709551615");
    }

    #[test]
    fn seconds_and_all_three_forms_of_dates_are_read() {
        const NOW: u64 = 784_111_767;
        let ten = Some(Duration::from_secs(10));
        assert_eq!(read_at("10", NOW), ten);
        assert_eq!(read_at("Sun, 06 Nov 1994 08:49:37 GMT", NOW), ten);
        assert_eq!(read_at("Sunday, 06-Nov-94 08:49:37 GMT", NOW), ten);
        assert_eq!(read_at("Sun Nov  6 08:49:37 1994", NOW), ten);
        assert_eq!(
            read_at("Sun, 06 Nov 1994 08:49:37 GMT", NOW + 60),
            Some(Duration::ZERO)
        );
        let huge = read_at("99999999999999999999999", NOW);
        assert_eq!(huge, Some(Duration::from_secs(u64::MAX)));
        for wrong in ["", "soon", "-1", "1.5", "Sun, 06 Nov"] {
            assert_eq!(read_at(wrong, NOW), None, "{wrong:?}");
        }
    }
}
