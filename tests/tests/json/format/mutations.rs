//! All one-byte changes of a valid event.

use bytes::Bytes;
use eventkit::CloudEvent;
use eventkit::format::{Format, Json};
use eventkit_tests::message::json;
use eventkit_tests::reading::{Reading, assert_agree};
use serde_json::Value;

/// Calls a function with every text that differs by one byte.
fn mutated(original: &[u8], mut check: impl FnMut(&[u8])) {
    let mut bytes = original.to_vec();
    for at in 0..bytes.len() {
        for byte in 0..=u8::MAX {
            bytes[at] = byte;
            check(&bytes);
        }
        bytes[at] = original[at];
    }
}

/// Calls a function with every text in which one byte is removed or duplicated.
fn stretched(original: &[u8], mut check: impl FnMut(&[u8])) {
    for at in 0..original.len() {
        check(&[&original[..at], &original[at + 1..]].concat());
        check(&[&original[..=at], &original[at..]].concat());
    }
}

/// Asserts that a text is either refused or an event that round-trips, and that decoding it
/// directly into a type gives the same result.
fn assert_sound(bytes: &[u8]) {
    let decoded = Json.decode(Bytes::copy_from_slice(bytes));
    if let Ok(event) = &decoded {
        let again = Json.decode(Json.encode(event).unwrap()).unwrap();
        assert_eq!(again, *event, "{}", bytes.escape_ascii());
    }
    assert_agree::<Value>(
        Json.decode_as(bytes),
        decoded.and_then(|event| Reading::from_event(&event)),
        &bytes.escape_ascii().to_string(),
    );
}

#[test]
fn a_changed_byte_of_an_event_with_json_data_is_refused_or_round_trips() {
    let event = json(
        r#""subject":"\u20ac","time":"2026-01-31T09:30:00.5Z","n":-7,"zone":"eu","x":null,"data":{"a":[1,"é"]}"#,
    );
    mutated(&event, assert_sound);
    stretched(&event, assert_sound);
}

#[test]
fn a_changed_byte_of_an_event_with_text_data_is_refused_or_round_trips() {
    let event = json(r#""datacontenttype":"text/plain; charset=utf-8","data":"a\n\"\ud83d\ude00""#);
    mutated(&event, assert_sound);
    stretched(&event, assert_sound);
}

#[test]
fn a_changed_byte_of_an_event_with_binary_data_is_refused_or_round_trips() {
    let event = json(r#""datacontenttype":"text/json","dataschema":"urn:s","data_base64":"WzEy""#);
    mutated(&event, assert_sound);
    stretched(&event, assert_sound);
}

#[test]
fn a_changed_byte_of_a_batch_is_refused_or_round_trips() {
    let batch = [b"[", &json("\"n\":1")[..], b",", &json("\"data\":[]"), b"]"].concat();
    let assert_sound = |bytes: &[u8]| {
        if let Ok(events) = Json.decode_batch(Bytes::copy_from_slice(bytes)) {
            let again = Json.decode_batch(Json.encode_batch(&events).unwrap());
            assert_eq!(again.unwrap(), events, "{}", bytes.escape_ascii());
        }
    };
    mutated(&batch, assert_sound);
    stretched(&batch, assert_sound);
}
