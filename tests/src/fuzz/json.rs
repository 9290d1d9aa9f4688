//! JSON events and batches.

use bytes::Bytes;
use eventkit::event::Data;
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, Event};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::attributes;
use crate::round_trip::{assert_decoded_survives, assert_survives_json};

/// Checks that any bytes are refused, or are an event that round-trips in all content modes and has
/// the values that `serde_json` reads.
///
/// # Panics
///
/// Panics if an event does not.
pub fn json_decode(bytes: &[u8]) {
    let decoded = Json.decode(Bytes::copy_from_slice(bytes));
    if let Ok(event) = &decoded {
        assert_decoded_survives(event);
    }
    // `serde_json` refuses deeper nesting and larger numbers than events allow.
    if let Ok(members) = serde_json::from_slice::<Map<String, Value>>(bytes) {
        match &decoded {
            Ok(event) => assert_reads(event, &members),
            Err(error) => assert_ne!(error.kind(), DecodeErrorKind::Malformed, "{error}"),
        }
    }
    if decoded.is_ok() {
        serde_json::from_slice::<IgnoredAny>(bytes).expect("an event should be JSON");
    }
}

/// Asserts that an event has the values of these members.
fn assert_reads(event: &Event, members: &Map<String, Value>) {
    let attributes = attributes::of(event);
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        match &**name {
            "data" => assert_eq!(Some(value), read(event).as_ref()),
            "data_base64" => assert!(event.data().is_some_and(Data::is_binary)),
            // The time has a canonical form.
            "time" => assert!(attributes.contains_key("time")),
            // White space after the content type is not a part of it.
            "datacontenttype" => assert_eq!(
                attributes[name].as_str(),
                value.as_str().map(|text| text.trim_end_matches(' '))
            ),
            // `-0` is the Integer 0, but a float for `serde_json`.
            name if value.is_number() => assert_eq!(attributes[name].as_f64(), value.as_f64()),
            name => assert_eq!(attributes.get(name), Some(value), "{name}"),
        }
    }
}

/// Returns the data in the form of the JSON format.
fn read(event: &Event) -> Option<Value> {
    let data = event.data()?;
    if data.is_json() {
        return serde_json::from_slice(data.as_bytes()).ok();
    }
    data.as_str().map(Value::from)
}

/// Checks that any bytes are refused, or are a batch that round-trips, for both the strict and the
/// lenient decoder.
///
/// # Panics
///
/// Panics if a batch does not round-trip, or if the decoders disagree.
pub fn json_batch(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    let strict = Json.decode_batch(bytes.clone());
    if let Ok(events) = &strict {
        let text = Json
            .encode_batch(events)
            .expect("every event should be encodable as JSON");
        let again = Json
            .decode_batch(text)
            .expect("the encoded batch should be decodable");
        assert_eq!(again, *events);
        for event in events {
            assert_survives_json(event);
        }
    }
    match Json.decode_batch_lenient(bytes) {
        Err(error) => {
            assert!(
                strict.is_err(),
                "{error}, but the strict decoder accepts the batch"
            );
        }
        Ok(events) => {
            let valid = events.iter().all(|event| event.violations().is_empty());
            assert_eq!(strict.is_ok(), valid);
            let text = Json
                .encode_batch_lenient(&events)
                .expect("the batch should be encodable");
            let again = Json
                .decode_batch_lenient(text)
                .expect("the encoded batch should be decodable");
            for (event, again) in events.iter().zip(&again) {
                assert_eq!(event.violations(), again.violations());
            }
            assert_eq!(events.len(), again.len());
            if let Ok(strict) = strict {
                let events: Result<Vec<Event>, _> =
                    events.into_iter().map(Event::try_from).collect();
                assert_eq!(events.expect("the events should be valid"), strict);
            }
        }
    }
}
