//! Which content mode a message is in (section 3).

use bytes::Bytes;
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, Event};
use eventkit_nats::binding::{decode, encode_structured};
use eventkit_tests::message::{json, minimal};
use eventkit_tests::refusal::{assert_invalid, assert_refused};

use super::headers;

fn event() -> Event {
    minimal().build().unwrap()
}

#[test]
fn a_structured_message_has_one_header_and_the_event_as_its_body() {
    let message = encode_structured(&event(), &Json).unwrap();

    let content_type = message.header("content-type");
    assert_eq!(content_type, Some("application/cloudevents+json"));
    assert_eq!(message.headers.len(), 1);
    assert_eq!(message.body, Json.encode(&event()).unwrap());
    assert_eq!(decode(&message.headers, message.body).unwrap(), event());
}

#[test]
fn structured_mode_is_found_in_any_case_and_with_parameters() {
    for content_type in [
        "application/cloudevents+json",
        "APPLICATION/CloudEvents+JSON",
        " application/cloudevents+json; charset=utf-8",
        // The content type that the binding names; the body has to be JSON.
        "application/cloudevents",
        "Application/CloudEvents; charset=utf-8",
    ] {
        for name in ["Content-Type", "content-type", "CONTENT-TYPE"] {
            let found = decode(&[(name, content_type)], json(""));
            assert_eq!(found.unwrap(), event(), "{name}: {content_type}");
        }
    }
}

#[test]
fn in_structured_mode_the_other_headers_are_not_looked_at() {
    let mut headers = headers(&[("Content-Type", "application/cloudevents+json")]);
    headers[1].1 = "another";
    assert_eq!(decode(&headers, json("")).unwrap(), event());
}

#[test]
fn any_other_content_type_is_binary_mode() {
    for (content_type, declared) in [
        ("application/json", Some("application/json")),
        (" text/plain;;a=b ", Some("text/plain;;a=b")),
        ("text/plain;\ta=b", Some("text/plain; a=b")),
        ("cloudevents", None),
        ("", None),
        ("ä", None),
    ] {
        let headers = headers(&[("Content-Type", content_type)]);
        let decoded = decode(&headers, Bytes::new()).unwrap();
        assert_eq!((decoded.id(), decoded.data_content_type()), ("1", declared));
    }
}

#[test]
fn a_message_of_the_released_binding_has_json_and_no_header() {
    let none: [(&str, &str); 0] = [];
    assert_eq!(decode(&none, json("")).unwrap(), event());
    // What servers and clients add makes it no other message.
    let headers = [("Nats-Msg-Id", "7")];
    let body = Bytes::from(format!(" \n{}", std::str::from_utf8(&json("")).unwrap()));
    assert_eq!(decode(&headers, body).unwrap(), event());
    assert_invalid(decode(&none, "{}".into()), &missing());
}

/// What an empty JSON object lacks.
fn missing() -> [(&'static str, &'static str); 4] {
    [
        ("specversion", "core, specversion"),
        ("id", "core, REQUIRED Attributes"),
        ("source", "core, REQUIRED Attributes"),
        ("type", "core, REQUIRED Attributes"),
    ]
}

#[test]
fn anything_else_is_no_event() {
    let none: [(&str, &str); 0] = [];
    for body in ["", "text", "[]", "7"] {
        assert_refused(decode(&none, body.into()), DecodeErrorKind::NotAnEvent);
    }
    let headers = [("Content-Type", "application/json")];
    assert_refused(decode(&headers, json("")), DecodeErrorKind::NotAnEvent);
    let headers = [("ce-other", "1")];
    assert_refused(decode(&headers, json("")), DecodeErrorKind::NotAnEvent);
}

#[test]
fn there_are_no_batches() {
    let headers = [("Content-Type", "application/cloudevents-batch+json")];
    let error = decode(&headers, "[]".into()).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::NotAnEvent);
    assert!(error.to_string().contains("batch"), "{error}");
}

#[test]
fn a_format_that_is_not_registered_is_named() {
    let headers = headers(&[("Content-Type", "application/cloudevents+xml")]);
    let error = decode(&headers, Bytes::new()).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::UnsupportedMediaType);
    assert!(error.to_string().contains("application/cloudevents+xml"));
}

#[test]
fn a_content_type_is_malformed_or_double_only_where_it_says_something() {
    let expected = [("Content-Type", "NATS binding, 3")];
    let malformed = [("Content-Type", "application/cloudevents+json; =")];
    assert_invalid(decode(&malformed, json("")), &expected);
    let double = [
        ("Content-Type", "application/cloudevents+json"),
        ("content-type", "text/plain"),
    ];
    assert_invalid(decode(&double, json("")), &expected);

    let double = headers(&[("Content-Type", "a"), ("content-type", "b")]);
    assert_eq!(decode(&double, Bytes::new()).unwrap(), event());
}

#[test]
fn the_body_of_a_structured_message_has_to_be_an_event() {
    let headers = [("Content-Type", "application/cloudevents+json")];
    assert_refused(decode(&headers, "x".into()), DecodeErrorKind::Malformed);
    assert_invalid(decode(&headers, "{}".into()), &missing());
}
