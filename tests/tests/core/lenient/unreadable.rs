//! Messages whose body cannot be read, and is passed on.

use bytes::Bytes;
use eventkit::binding::http::{
    decode_lenient, encode_binary_lenient, encode_lenient, encode_structured_lenient,
};
use eventkit::format::{Format, Json};
use eventkit_tests::message::{content_type, headers, json};
use http::{HeaderMap, HeaderValue};

/// Asserts that a message is passed on byte for byte, and in no other way; returns the name that its
/// one violation has.
#[track_caller]
fn passed_on(headers: &HeaderMap, body: &Bytes) -> String {
    let event = decode_lenient(headers, body.clone()).unwrap();
    let message = encode_lenient(&event).unwrap();
    assert_eq!((&message.headers, &message.body), (headers, body));
    assert_eq!(event.data(), None);
    encode_structured_lenient(&event, &Json).unwrap_err();
    Json.encode_lenient(&event).unwrap_err();
    let [violation] = event.violations() else {
        panic!("{:?}", event.violations());
    };
    let name = violation.attribute().to_owned();
    event.into_event().unwrap_err();
    name
}

#[test]
fn an_event_format_that_is_not_registered_is_passed_on_as_it_came() {
    let body = Bytes::from_static(b"\x80\x01\xff\0");
    for media_type in [
        "application/cloudevents+thrift",
        "Application/CloudEvents+CBOR; v=1",
        "application/cloudevents",
    ] {
        let headers = content_type(media_type);
        assert_eq!(passed_on(&headers, &body), "Content-Type");
        let event = decode_lenient(&headers, body.clone()).unwrap();
        assert_eq!(event.attributes().count(), 0);
        encode_binary_lenient(&event).unwrap_err();
    }
}

#[test]
fn a_body_with_a_content_encoding_is_passed_on_as_it_came() {
    let gzip = Bytes::from_static(b"\x1f\x8b\x08\0");
    let mut binary = headers(&[("content-type", "application/json"), ("ce-subject", "s")]);
    let mut structured = content_type("application/cloudevents+json");
    for headers in [&mut binary, &mut structured] {
        headers.insert("content-encoding", HeaderValue::from_static("gzip"));
        assert_eq!(passed_on(headers, &gzip), "Content-Encoding");
    }
    let event = decode_lenient(&binary, gzip.clone()).unwrap();
    assert_eq!(event.attribute("subject").as_deref(), Some("s"));
    let message = encode_binary_lenient(&event).unwrap();
    assert_eq!((message.headers, message.body), (binary, gzip));
}

#[test]
fn identity_is_no_encoding() {
    let mut headers = content_type("application/cloudevents+json");
    headers.insert("content-encoding", HeaderValue::from_static("Identity"));
    let event = decode_lenient(&headers, json("")).unwrap();
    assert_eq!(event.violations(), []);
    assert_eq!(encode_lenient(&event).unwrap().headers, headers);
}
