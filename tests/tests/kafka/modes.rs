//! Detection of the content mode (section 3), and structured mode (section 3.3).

use bytes::Bytes;
use eventkit::binding::kafka::{decode, encode_structured, with_limits};
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, Event, Limits};
use eventkit_tests::message::{full, json, minimal};
use eventkit_tests::refusal::{assert_invalid, assert_refused};

use super::{NONE, headers};

fn event() -> Event {
    minimal().build().unwrap()
}

#[test]
fn a_structured_message_has_one_header_and_the_event_as_its_value() {
    for event in [event(), full()] {
        let message = encode_structured(&event, &Json).unwrap();

        let content_type = message.header("content-type");
        assert_eq!(content_type, Some(&b"application/cloudevents+json"[..]));
        assert_eq!(message.headers.len(), 1);
        assert_eq!(message.value, Some(Json.encode(&event).unwrap()));
        assert_eq!(decode(&message.headers, message.value).unwrap(), event);
    }
}

#[test]
fn structured_mode_is_detected_in_any_case_and_with_parameters() {
    for content_type in [
        "application/cloudevents+json",
        "APPLICATION/CloudEvents+JSON",
        " application/cloudevents+json; charset=UTF-8",
    ] {
        for name in ["Content-Type", "content-type", "CONTENT-TYPE"] {
            let found = decode(&[(name, content_type)], Some(json("")));
            assert_eq!(found.unwrap(), event(), "{name}: {content_type}");
        }
    }
}

#[test]
fn attributes_in_headers_are_ignored_in_structured_mode() {
    let mut headers = headers(&[("content-type", "application/cloudevents+json")]);
    headers[1].1 = b"another";
    headers.push(("ce_x", b"\xff"));
    assert_eq!(decode(&headers, Some(json(""))).unwrap(), event());
}

#[test]
fn a_malformed_or_ambiguous_content_type_of_events_is_refused() {
    let expected = [("content-type", "Kafka binding, 3")];
    for content_type in [
        "application/cloudevents+json; =",
        "application/cloudevents+json; charset=latin1",
    ] {
        let malformed = [("content-type", content_type)];
        assert_invalid(decode(&malformed, Some(json(""))), &expected);
    }
    for other in ["text/plain", "application/cloudevents+json"] {
        for double in [
            [
                ("content-type", "application/cloudevents+json"),
                ("content-type", other),
            ],
            [
                ("Content-Type", other),
                ("content-type", "application/cloudevents+json"),
            ],
        ] {
            assert_invalid(decode(&double, Some(json(""))), &expected);
        }
    }
}

#[test]
fn batches_are_refused() {
    let headers = [("content-type", "application/cloudevents-batch+json")];
    let error = decode(&headers, Some("[]".into())).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::NotAnEvent);
    assert!(error.to_string().contains("batch"), "{error}");
}

#[test]
fn the_error_names_an_unregistered_format() {
    for media_type in ["application/cloudevents+unknown", "application/cloudevents"] {
        let headers = headers(&[("content-type", media_type)]);
        let error = decode(&headers, Some(Bytes::new())).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::UnsupportedMediaType);
        assert!(error.to_string().contains(media_type), "{error}");
    }
}

#[test]
fn the_value_of_a_structured_message_must_be_an_event() {
    let headers = [("content-type", "application/cloudevents+json")];
    for value in [None, Some(Bytes::new()), Some("x".into())] {
        assert_refused(decode(&headers, value), DecodeErrorKind::Malformed);
    }
    assert_refused(
        decode(&headers, Some("{}".into())),
        DecodeErrorKind::Invalid,
    );
}

#[test]
fn a_message_without_the_headers_of_an_event_is_not_one() {
    for value in [None, Some("text".into()), Some(json(""))] {
        assert_refused(decode(&NONE, value.clone()), DecodeErrorKind::NotAnEvent);
        let headers = [("ce_other", "1"), ("ce-id", "1"), ("id", "1")];
        assert_refused(decode(&headers, value), DecodeErrorKind::NotAnEvent);
    }
    let error = decode(&NONE, Some(json(""))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "not a CloudEvents message: neither an `application/cloudevents` content type nor `ce_` headers; \
         the body looks like an event in JSON, which has the content type `application/cloudevents+json`"
    );
}

#[test]
fn json_without_headers_is_an_event_if_the_limits_allow_it() {
    let decoder = with_limits(Limits::DEFAULT.json_as_events(true));
    assert_eq!(decoder.decode(&NONE, Some(json(""))).unwrap(), event());
    for content_type in ["application/json", "application/json; charset=utf-8"] {
        let headers = [("content-type", content_type)];
        assert_eq!(decoder.decode(&headers, Some(json(""))).unwrap(), event());
    }
    for headers in [[("content-type", "text/plain")], [("ce_x", "1")]] {
        let refused = decoder.decode(&headers, Some(json("")));
        assert_refused(refused, DecodeErrorKind::NotAnEvent);
    }
    for value in [None, Some("[]".into()), Some("7".into())] {
        assert_refused(decoder.decode(&NONE, value), DecodeErrorKind::NotAnEvent);
    }
}
