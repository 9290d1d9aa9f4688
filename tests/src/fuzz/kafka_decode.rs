//! Kafka messages in both content modes.

use bytes::Bytes;
use eventkit::binding::kafka;
use eventkit::{CloudEvent, Event};
use serde_json::Value;

use super::message_text;
use crate::reading::Reading;
use crate::round_trip::assert_decoded_survives;

/// Checks that any message is refused, or is an event that round-trips in all content modes, that
/// decoding it as a type gives the same result, and that the lenient decoder keeps it.
///
/// # Panics
///
/// Panics if it does not.
pub fn kafka_decode(bytes: &[u8]) {
    let (headers, body) = message_text::kafka(bytes);
    let decoded = [Some(&body), None].map(|value| message(&headers, value));
    if let [Some(event), _] = &decoded {
        assert_decoded_survives(event);
        let key = body.slice(..body.len().min(40));
        let keyed = kafka::with_record_key(event.clone(), &key);
        if let Ok(event) = keyed {
            assert_decoded_survives(&event);
        }
    }
}

/// Decodes a message in every way, and returns the event if it is one.
fn message(headers: &[(String, Vec<u8>)], value: Option<&Bytes>) -> Option<Event> {
    let typed = kafka::decode_as::<Reading<Value>>(headers, value.cloned());
    let strict = kafka::decode(headers, value.cloned());
    let by_event = strict.as_ref().ok().map(Reading::from_event);
    assert_eq!(typed.ok(), by_event.and_then(Result::ok));

    let lenient = kafka::decode_lenient(headers, value.cloned());
    let valid = lenient
        .as_ref()
        .is_ok_and(|own| own.violations().is_empty());
    assert_eq!(strict.is_ok(), valid, "{strict:?}, but {lenient:?}");
    if let Ok(event) = &lenient {
        let kept = kafka::encode_lenient(event).expect("the message should be encodable");
        assert_eq!(kept.value.as_ref(), value);
        let again = kafka::decode_lenient(&kept.headers, kept.value);
        let again = again.expect("the message should be decodable");
        assert_eq!(again.violations(), event.violations());
    }
    strict.ok()
}
