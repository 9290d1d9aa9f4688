//! JSON payloads.

use eventkit::codec::{decode, encode};
use eventkit::event::DataKind;
use eventkit::{DecodeErrorKind, EncodeError};
use eventkit_tests::refusal::{assert_refused, chain};
use serde_json::{Value, json};

const JSON: Option<&str> = Some("application/json");

#[test]
fn a_value_is_encoded_as_compact_json() {
    let data = encode(&json!({"b": [1, null], "a": "ä"}), "application/json").unwrap();

    assert_eq!(data.kind(), DataKind::Json);
    assert_eq!(data.as_str(), Some(r#"{"a":"ä","b":[1,null]}"#));
}

#[test]
fn every_json_media_type_is_recognized_in_any_case() {
    for content_type in ["Application/Vnd.X+JSON; v=1", "text/json", "x/y+json"] {
        assert_eq!(encode(&1, content_type).unwrap().as_bytes(), b"1");
        assert_eq!(decode::<u8>(Some(b" 1 "), Some(content_type)).unwrap(), 1);
    }
}

#[test]
fn a_string_under_a_json_type_is_a_json_string() {
    let data = encode("[1]", "application/json").unwrap();

    assert_eq!(data.as_bytes(), br#""[1]""#);
    assert_eq!(
        decode::<String>(Some(data.as_bytes()), JSON).unwrap(),
        "[1]"
    );
    assert_refused(
        decode::<Vec<u8>>(Some(data.as_bytes()), JSON),
        DecodeErrorKind::Data,
    );
}

#[test]
fn null_is_data_and_not_absent_data() {
    assert_eq!(encode(&(), "application/json").unwrap().as_bytes(), b"null");
    assert_eq!(decode::<Option<u8>>(Some(b"null"), JSON).unwrap(), None);
    assert_eq!(decode::<Value>(Some(b"null"), JSON).unwrap(), Value::Null);
    assert_refused(decode::<u8>(Some(b"null"), JSON), DecodeErrorKind::Data);
}

#[test]
fn absent_data_is_not_a_json_value() {
    assert_eq!(decode::<Option<u8>>(None, JSON).unwrap(), None);
    assert_refused(decode::<u8>(None, JSON), DecodeErrorKind::Data);
    assert_refused(decode::<String>(None, JSON), DecodeErrorKind::Data);
    assert_refused(decode::<Vec<u8>>(None, JSON), DecodeErrorKind::Data);
}

#[test]
fn data_that_is_not_one_json_value_is_refused() {
    for bytes in [
        &b""[..],
        b" ",
        b"{",
        b"1 2",
        b"\xef\xbb\xbf1",
        b"\xff",
        b"\"\xff\"",
        b"\0",
        b"1\0",
        b"\"\\ud800\"",
        b"'a'",
        b"01",
        b"NaN",
    ] {
        assert_refused(decode::<Value>(Some(bytes), JSON), DecodeErrorKind::Data);
    }
}

#[test]
fn unlimited_nesting_is_refused_without_a_stack_overflow() {
    let nested = "[".repeat(100_000);

    assert_refused(
        decode::<Value>(Some(nested.as_bytes()), JSON),
        DecodeErrorKind::Data,
    );
}

#[test]
fn the_error_names_the_expected_type_and_the_position() {
    let error = decode::<u8>(Some(br#"{"a":1}"#), JSON).unwrap_err();

    assert_eq!(
        chain(&error),
        "failed to decode the data of the event as u8: invalid type: map, expected u8 at line 1 column 0"
    );
}

#[test]
fn a_value_without_a_json_form_is_an_encode_error() {
    let keyed_by_a_list = std::collections::BTreeMap::from([(vec![1], 2)]);
    let error: EncodeError = encode(&keyed_by_a_list, "application/json").unwrap_err();

    assert_eq!(
        chain(&error),
        "failed to encode the data: key must be a string"
    );
}
