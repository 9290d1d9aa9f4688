//! JSON events and batches.

use bytes::Bytes;
use eventkit::event::Data;
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, Event};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::attributes;
use crate::round_trip::{assert_decoded_survives, assert_survives_json};

/// Any bytes are an event that survives all content modes, and is what `serde_json` reads, or are
/// refused.
///
/// # Panics
///
/// Where an event does not.
pub fn json_decode(bytes: &[u8]) {
    let decoded = Json.decode(Bytes::copy_from_slice(bytes));
    if let Ok(event) = &decoded {
        assert_decoded_survives(event);
    }
    // It refuses deeper nesting and larger numbers than an event may have.
    if let Ok(members) = serde_json::from_slice::<Map<String, Value>>(bytes) {
        match &decoded {
            Ok(event) => assert_reads(event, &members),
            Err(error) => assert_ne!(error.kind(), DecodeErrorKind::Malformed, "{error}"),
        }
    }
    if decoded.is_ok() {
        serde_json::from_slice::<IgnoredAny>(bytes).expect("an event is JSON");
    }
}

/// Asserts that an event has the values of these members.
fn assert_reads(event: &Event, members: &Map<String, Value>) {
    let attributes = attributes::of(event);
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        match &**name {
            "data" => assert_eq!(Some(value), read(event).as_ref()),
            "data_base64" => assert!(event.data().is_some_and(Data::is_binary)),
            // It has one canonical way out.
            "time" => assert!(attributes.contains_key("time")),
            // `-0` is the Integer 0, and a fraction for `serde_json`.
            name if value.is_number() => assert_eq!(attributes[name].as_f64(), value.as_f64()),
            name => assert_eq!(attributes.get(name), Some(value), "{name}"),
        }
    }
}

/// Returns the data as it would stand in the JSON format.
fn read(event: &Event) -> Option<Value> {
    let data = event.data()?;
    if data.is_json() {
        return serde_json::from_slice(data.as_bytes()).ok();
    }
    data.as_str().map(Value::from)
}

/// Any bytes are a batch that survives, or are refused; strictly and leniently alike.
///
/// # Panics
///
/// Where a batch does not survive, or the two ways to read it disagree.
pub fn json_batch(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    let strict = Json.decode_batch(bytes.clone());
    if let Ok(events) = &strict {
        let text = Json.encode_batch(events).expect("JSON holds every event");
        let again = Json
            .decode_batch(text)
            .expect("what was written is a batch");
        assert_eq!(again, *events);
        for event in events {
            assert_survives_json(event);
        }
    }
    match Json.decode_batch_lenient(bytes) {
        Err(error) => {
            assert!(strict.is_err(), "{error}, but it is a batch");
        }
        Ok(events) => {
            let valid = events.iter().all(|event| event.violations().is_empty());
            assert_eq!(strict.is_ok(), valid);
            let text = Json.encode_batch_lenient(&events).expect("it was JSON");
            let again = Json
                .decode_batch_lenient(text)
                .expect("it is still a batch");
            for (event, again) in events.iter().zip(&again) {
                assert_eq!(event.violations(), again.violations());
            }
            assert_eq!(events.len(), again.len());
            if let Ok(strict) = strict {
                let events: Result<Vec<Event>, _> =
                    events.into_iter().map(Event::try_from).collect();
                assert_eq!(events.expect("nothing is wrong"), strict);
            }
        }
    }
}
