//! Detection of the content mode (section 3).

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
fn structured_mode_is_detected_in_any_case_and_with_parameters() {
    for content_type in [
        "application/cloudevents+json",
        "APPLICATION/CloudEvents+JSON",
        " application/cloudevents+json; charset=utf-8",
        // This is the content type in the binding. The body must be JSON.
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
fn other_headers_are_ignored_in_structured_mode() {
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
fn a_message_of_the_released_binding_is_json_without_headers() {
    let none: [(&str, &str); 0] = [];
    assert_eq!(decode(&none, json("")).unwrap(), event());
    // Headers that servers and clients add do not change that.
    let headers = [("Nats-Msg-Id", "7")];
    let body = Bytes::from(format!(" \n{}", std::str::from_utf8(&json("")).unwrap()));
    assert_eq!(decode(&headers, body).unwrap(), event());
    assert_invalid(decode(&none, "{}".into()), &missing());
}

/// Returns the violations of an empty JSON object.
fn missing() -> [(&'static str, &'static str); 4] {
    [
        ("specversion", "core, specversion"),
        ("id", "core, REQUIRED Attributes"),
        ("source", "core, REQUIRED Attributes"),
        ("type", "core, REQUIRED Attributes"),
    ]
}

#[test]
fn any_other_message_is_not_an_event() {
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
fn batches_are_refused() {
    let headers = [("Content-Type", "application/cloudevents-batch+json")];
    let error = decode(&headers, "[]".into()).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::NotAnEvent);
    assert!(error.to_string().contains("batch"), "{error}");
}

#[test]
fn the_error_names_an_unregistered_format() {
    let headers = headers(&[("Content-Type", "application/cloudevents+xml")]);
    let error = decode(&headers, Bytes::new()).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::UnsupportedMediaType);
    assert!(error.to_string().contains("application/cloudevents+xml"));
}

#[test]
fn a_malformed_or_duplicate_content_type_is_only_refused_if_it_matters() {
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
fn the_body_of_a_structured_message_must_be_an_event() {
    let headers = [("Content-Type", "application/cloudevents+json")];
    assert_refused(decode(&headers, "x".into()), DecodeErrorKind::Malformed);
    assert_invalid(decode(&headers, "{}".into()), &missing());
}
