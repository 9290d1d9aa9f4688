//! NATS messages in both content modes.

use eventkit::CloudEvent;
use eventkit_nats::binding as nats;
use serde_json::Value;

use super::message_text;
use crate::reading::Reading;
use crate::round_trip::assert_decoded_survives;

/// Any message is an event that survives all content modes, or is refused; what a type makes of it
/// is what it makes of the event.
///
/// # Panics
///
/// Where something of this does not hold.
pub fn nats_decode(bytes: &[u8]) {
    let (headers, body) = message_text::nats(bytes);
    let typed = nats::decode_as::<Reading<Value>>(&headers, body.clone());
    let Ok(event) = nats::decode(&headers, body) else {
        assert!(typed.is_err(), "a value of what is no event: {typed:?}");
        return;
    };
    assert_eq!(typed.ok(), Reading::from_event(&event).ok());
    assert_decoded_survives(&event);
}
