//! Malformed and hostile messages.

use bytes::Bytes;
use eventkit::binding::http::{decode, decode_as, encode_binary, with_limits};
use eventkit::format::Json;
use eventkit::{CloudEvent, DecodeErrorKind, Limits};
use eventkit_tests::message::{content_type, headers, json};
use eventkit_tests::reading::{Reading, assert_agree};
use eventkit_tests::refusal::assert_refused;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// Asserts that a message is either refused or an event that round-trips, and that decoding it
/// directly into a type gives the same result.
fn assert_sound(headers: &HeaderMap, body: &Bytes) {
    let decoded = decode(headers, body.clone());
    if let Ok(event) = &decoded {
        let message = encode_binary(event).unwrap();
        let again = decode(&message.headers, message.body).unwrap();
        assert_eq!(again, *event);
    }
    assert_agree::<Value>(
        decode_as(headers, body.clone()),
        decoded.and_then(|event| Reading::from_event(&event)),
        &(headers, body),
    );
}

fn sample() -> HeaderMap {
    headers(&[
        ("ce-subject", "\"a\\\"b %20\""),
        ("ce-time", "2026-01-31T09:30:00.5+01:00"),
        ("ce-dataschema", "urn:s%20"),
        ("ce-n", "-7"),
        ("ce-zone", "%E2%82%AC"),
        ("content-type", "application/json; charset=\"utf-8\""),
    ])
}

#[test]
fn a_changed_byte_of_a_header_value_is_refused_or_round_trips() {
    let headers = sample();
    let body = Bytes::from_static(b"[1]");
    let entries: Vec<(HeaderName, Vec<u8>)> = headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_bytes().to_vec()))
        .collect();
    for (name, original) in entries {
        let mut headers = headers.clone();
        let mut value = original.clone();
        for at in 0..value.len() {
            for byte in 0..=u8::MAX {
                value[at] = byte;
                if let Ok(value) = HeaderValue::from_bytes(&value) {
                    headers.insert(&name, value);
                    assert_sound(&headers, &body);
                }
            }
            value[at] = original[at];
        }
    }
}

#[test]
fn a_truncated_header_value_is_refused_or_round_trips() {
    let headers = sample();
    let body = Bytes::from_static(b"[1]");
    for (name, value) in &headers {
        for end in 0..value.len() {
            let mut headers = headers.clone();
            let cut = HeaderValue::from_bytes(&value.as_bytes()[..end]).unwrap();
            headers.insert(name, cut);
            assert_sound(&headers, &body);
        }
    }
}

#[test]
fn a_missing_or_duplicate_header_is_refused_or_round_trips() {
    let headers = sample();
    let body = Bytes::from_static(b"[1]");
    for (name, value) in &headers {
        let mut without = headers.clone();
        without.remove(name);
        assert_sound(&without, &body);
        let mut twice = headers.clone();
        twice.append(name, value.clone());
        assert_refused(decode(&twice, body.clone()), DecodeErrorKind::Invalid);
        assert_sound(&twice, &body);
    }
}

#[test]
fn a_changed_byte_of_a_body_is_refused_or_round_trips() {
    let original = br#"{"a":[1,"\u20ac"]}"#;
    for media_type in ["application/json", "text/plain", "application/octet-stream"] {
        let headers = headers(&[("content-type", media_type)]);
        let mut body = original.to_vec();
        for at in 0..body.len() {
            for byte in 0..=u8::MAX {
                body[at] = byte;
                assert_sound(&headers, &Bytes::copy_from_slice(&body));
            }
            body[at] = original[at];
        }
    }
}

#[test]
fn unlimited_nesting_of_a_body_does_not_overflow_the_stack() {
    let depth = 100_000;
    let headers = headers(&[("content-type", "application/json")]);
    let nested = Bytes::from(format!("{}{}", "[".repeat(depth), "]".repeat(depth)));

    let unlimited = with_limits(Limits::UNLIMITED);
    let event = unlimited.decode(&headers, nested.clone()).unwrap();
    assert_eq!(event.data().unwrap().bytes(), &nested);
    assert_refused(
        unlimited.decode_as::<Reading<Value>>(&headers, nested),
        DecodeErrorKind::Data,
    );
    let open = Bytes::from("[".repeat(depth));
    let event = unlimited.decode(&headers, open.clone()).unwrap();
    assert!(event.data().unwrap().is_binary());
    assert_refused(
        unlimited.decode_as::<Reading<Value>>(&headers, open),
        DecodeErrorKind::Data,
    );
}

#[test]
fn no_content_type_causes_a_panic() {
    for text in [
        ";",
        "/",
        "a/",
        "/a",
        "a/b;",
        "a/b; ;c=d",
        "a/b;c=\"",
        "a/b;c=\"\\",
        "a/b;c=\"\\\"",
        "a/b;c=\"\"",
        "a/b;=",
        "+/+",
        "a/+",
        "a/+json",
        "a/b++json",
        "*/*",
        "application/cloudevents+json+json",
        &"a".repeat(70_000),
        &format!("{}/{}", "a".repeat(127), "b".repeat(127)),
        &format!("{}/{}", "a".repeat(128), "b".repeat(300)),
        &format!("a/b+{}", "c".repeat(300)),
        &format!("a/b{}", ";c=d".repeat(10_000)),
    ] {
        assert_sound(&headers(&[("content-type", text)]), &"1".into());
        assert_sound(&content_type(text), &json(""));
    }
}

#[test]
fn an_event_from_json_never_causes_invalid_headers() {
    let event = eventkit::format::Format::decode(
        &Json,
        json(
            r#""subject":"a: b, \"c\"; d=e","datacontenttype":"text/plain; a=\"b, c\"","data":"x""#,
        ),
    )
    .unwrap();
    let message = encode_binary(&event).unwrap();

    assert_eq!(message.headers["ce-subject"], "a:%20b,%20%22c%22;%20d=e");
    assert_eq!(decode(&message.headers, message.body).unwrap(), event);
    let smuggled = json(r#""datacontenttype":"text/plain; a=\"b\r\nce-id: 2\"","data":"x""#);
    assert_refused(
        eventkit::format::Format::decode(&Json, smuggled),
        DecodeErrorKind::Invalid,
    );
}
