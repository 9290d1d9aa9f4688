//! The headers of the handshake (Web Hooks for Event Delivery, 4.1 and 4.2).

use http::HeaderName;

pub(super) const REQUEST_ORIGIN: HeaderName = HeaderName::from_static("webhook-request-origin");
pub(super) const REQUEST_CALLBACK: HeaderName = HeaderName::from_static("webhook-request-callback");
pub(super) const REQUEST_RATE: HeaderName = HeaderName::from_static("webhook-request-rate");
pub(super) const ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");
pub(super) const ALLOWED_RATE: HeaderName = HeaderName::from_static("webhook-allowed-rate");

/// Reads a rate in requests per minute: the text of a positive integer.
pub(super) fn parse_rate(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A rate beyond all numbers is as good as the largest one.
    let rate = digits.then(|| text.parse().unwrap_or(u32::MAX))?;
    (rate > 0).then_some(rate)
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
}
