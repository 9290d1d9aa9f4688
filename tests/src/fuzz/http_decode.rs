//! HTTP messages in all content modes.

use std::slice;

use eventkit::binding::http;

use super::message_text;
use crate::round_trip::assert_decoded_survives;

/// Checks that any message is refused, or is an event or a batch that round-trips in all content
/// modes.
///
/// # Panics
///
/// Panics if an event does not round-trip.
pub fn http_decode(bytes: &[u8]) {
    let (headers, body) = message_text::http(bytes);
    let event = http::decode(&headers, body.clone());
    let batch = http::decode_batch(&headers, body);
    match (event, batch) {
        (Ok(event), Ok(batch)) => {
            assert_eq!(batch, slice::from_ref(&event));
            assert_decoded_survives(&event);
        }
        (Err(_), Ok(batch)) => batch.iter().for_each(assert_decoded_survives),
        (Ok(event), Err(error)) => panic!("an event is not a batch of one: {error}, {event:?}"),
        (Err(_), Err(_)) => {}
    }
}
