//! NATS messages in both content modes.

use eventkit::CloudEvent;
use eventkit_nats::binding as nats;
use serde_json::Value;

use super::message_text;
use crate::reading::Reading;
use crate::round_trip::assert_decoded_survives;

/// Checks that any message is refused, or is an event that round-trips in all content modes, and
/// that decoding it as a type gives the same result.
///
/// # Panics
///
/// Panics if it does not.
pub fn nats_decode(bytes: &[u8]) {
    let (headers, body) = message_text::nats(bytes);
    let typed = nats::decode_as::<Reading<Value>>(&headers, body.clone());
    let Ok(event) = nats::decode(&headers, body) else {
        assert!(
            typed.is_err(),
            "decoded a value from a message that is not an event: {typed:?}"
        );
        return;
    };
    assert_eq!(typed.ok(), Reading::from_event(&event).ok());
    assert_decoded_survives(&event);
}
