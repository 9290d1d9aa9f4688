//! The HTTP headers of webhooks: those of the handshake, and `Retry-After`.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The maximum `Retry-After` delay that a sender respects.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// The query parameter that contains a token (Web Hooks for Event Delivery, 3.2).
pub(super) const ACCESS_TOKEN: &str = "access_token";

// The headers of the handshake (Web Hooks for Event Delivery, 4.1 and 4.2).
pub(super) const REQUEST_ORIGIN: HeaderName = HeaderName::from_static("webhook-request-origin");
pub(super) const REQUEST_CALLBACK: HeaderName = HeaderName::from_static("webhook-request-callback");
pub(super) const REQUEST_RATE: HeaderName = HeaderName::from_static("webhook-request-rate");
pub(super) const ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");
pub(super) const ALLOWED_RATE: HeaderName = HeaderName::from_static("webhook-allowed-rate");

/// Parses a rate in requests per minute: a positive decimal integer.
pub(super) fn parse_rate(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A rate that exceeds `u32` counts as the maximum.
    let rate = digits.then(|| text.parse().unwrap_or(u32::MAX))?;
    (rate > 0).then_some(rate)
}

/// Returns the value of `Retry-After` (RFC 9110, 10.2.3): a delay in whole seconds, rounded up.
pub(super) fn retry_after_value(delay: Duration) -> HeaderValue {
    let seconds = delay
        .as_secs()
        .saturating_add(u64::from(delay.subsec_nanos() > 0));
    HeaderValue::from(seconds)
}

/// Parses the delay of a `Retry-After` header, in seconds or as a date; a date in the past means no
/// delay. The delay is limited to an hour, so that a mistake of the target does not stop the sender
/// for longer.
pub(super) fn parse_retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let delay = at.duration_since(now).unwrap_or_default();
    Some(delay.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_positive_integer() {
        let largest = Some(u32::MAX);
        assert_eq!(parse_rate("120"), Some(120));
        assert_eq!(parse_rate("99999999999999999999999"), largest);
        for wrong in ["", "0", "000", "-1", "+1", "1.5", " 1", "*", "١"] {
            assert_eq!(parse_rate(wrong), None, "{wrong:?}");
        }
    }

    fn read_at(text: &'static str, now: u64) -> Option<Duration> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
        parse_retry_after(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(now))
    }

    #[test]
    fn a_delay_is_rounded_up() {
        for (millis, seconds) in [(0, "0"), (1, "1"), (999, "1"), (1000, "1"), (1001, "2")] {
            assert_eq!(retry_after_value(Duration::from_millis(millis)), seconds);
        }
        assert_eq!(retry_after_value(Duration::MAX), "18446744073709551615");
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
        for huge in [
            "3601",
            "99999999999999999999999",
            "Sat, 06 Nov 2004 08:49:37 GMT",
        ] {
            assert_eq!(read_at(huge, NOW), Some(MAX_RETRY_AFTER), "{huge}");
        }
        for wrong in ["", "soon", "-1", "1.5", "Sun, 06 Nov"] {
            assert_eq!(read_at(wrong, NOW), None, "{wrong:?}");
        }
    }
}
