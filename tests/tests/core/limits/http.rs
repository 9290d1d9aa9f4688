//! Limits of the HTTP binding.

use bytes::Bytes;
use eventkit::binding::http::{Problem, decode, decode_batch, with_limits};
use eventkit::format::Json;
use eventkit::{Limits, binding};
use eventkit_tests::message::{content_type, headers, json, minimal};
use eventkit_tests::reading::Reading;
use http::HeaderMap;
use serde_json::Value;

use super::{assert_over, nested};

/// Asserts that every decoder refuses a message because of a limit.
#[track_caller]
fn assert_message_over(limits: Limits, message: (&HeaderMap, &Bytes), limit: &str, most: usize) {
    let decoder = with_limits(limits);
    let (headers, body) = message;
    assert_over(decoder.decode(headers, body.clone()), limit, most);
    assert_over(decoder.decode_batch(headers, body.clone()), limit, most);
    let read = decoder.decode_as::<Reading<Value>>(headers, body.clone());
    assert_over(read.map(drop), limit, most);
}

fn size(headers: &HeaderMap) -> usize {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    sizes.sum()
}

#[test]
fn the_bytes_of_a_body_in_each_mode() {
    let limits = Limits::DEFAULT.body_bytes(9);
    let body = Bytes::from_static(b"1234567890");
    let binary = headers(&[("content-type", "text/plain")]);
    assert!(with_limits(limits).decode(&binary, body.slice(1..)).is_ok());
    assert_message_over(limits, (&binary, &body), "body_bytes", 9);
    for media_type in [
        "application/cloudevents+json",
        "application/cloudevents+avro",
    ] {
        let headers = content_type(media_type);
        assert_message_over(limits, (&headers, &body), "body_bytes", 9);
    }
    let batch = content_type("application/cloudevents-batch+json");
    assert_over(
        with_limits(limits).decode_batch(&batch, body),
        "body_bytes",
        9,
    );
}

#[test]
fn the_default_of_a_body_is_16_mib() {
    let body = Bytes::from(vec![b'a'; (16 << 20) + 1]);
    assert!(decode(&headers(&[]), body.slice(1..)).is_ok());
    assert_over(decode(&headers(&[]), body), "body_bytes", 16 << 20);
}

#[test]
fn the_headers_of_others_count() {
    let headers = headers(&[("accept", "a"), ("accept", "b")]);
    let exact = Limits::DEFAULT.headers(6);
    let body = Bytes::new();
    assert!(with_limits(exact).decode(&headers, body.clone()).is_ok());
    assert_message_over(exact.headers(5), (&headers, &body), "headers", 5);
}

#[test]
fn the_bytes_of_headers() {
    let headers = headers(&[("ce-n", "7"), ("accept", "a")]);
    let exact = Limits::DEFAULT.header_bytes(size(&headers));
    let body = Bytes::new();
    assert!(with_limits(exact).decode(&headers, body.clone()).is_ok());
    let less = size(&headers) - 1;
    assert_message_over(
        exact.header_bytes(less),
        (&headers, &body),
        "header_bytes",
        less,
    );
}

#[test]
fn the_defaults_of_headers_are_512_and_256_kib() {
    let mut many = headers(&[]);
    while many.len() < 512 {
        many.append("accept", "x".parse().unwrap());
    }
    assert!(decode(&many, Bytes::new()).is_ok());
    many.append("accept", "x".parse().unwrap());
    assert_over(decode(&many, Bytes::new()), "headers", 512);

    let mut large = headers(&[("a", "")]);
    let room = (256 << 10) - size(&large);
    large.insert("a", "x".repeat(room).parse().unwrap());
    assert!(decode(&large, Bytes::new()).is_ok());
    large.insert("b", "".parse().unwrap());
    assert_over(decode(&large, Bytes::new()), "header_bytes", 256 << 10);
}

#[test]
fn the_attributes_of_an_event() {
    let headers = headers(&[("ce-a", "1"), ("ce-b", "2"), ("content-type", "text/plain")]);
    let exact = Limits::DEFAULT.attributes(7);
    let body = Bytes::from_static(b"x");
    assert!(with_limits(exact).decode(&headers, body.clone()).is_ok());
    assert_message_over(exact.attributes(6), (&headers, &body), "attributes", 6);
}

#[test]
fn the_decoded_value_of_an_attribute() {
    let headers = headers(&[("ce-a", "%E2%82%AC123456")]);
    let exact = Limits::DEFAULT.attribute_bytes(11);
    let body = Bytes::new();
    assert!(with_limits(exact).decode(&headers, body.clone()).is_ok());
    // The longest one is then the name `specversion`.
    let limits = Limits::DEFAULT.attribute_bytes(10);
    assert_message_over(limits, (&headers, &body), "attribute_bytes", 10);
}

#[test]
fn the_depth_of_json() {
    let headers = headers(&[("content-type", "text/x+json")]);
    for depth in [0, 1, 2, 128] {
        let limits = Limits::DEFAULT.json_depth(depth);
        let body = |depth| Bytes::from(nested(depth));
        assert!(with_limits(limits).decode(&headers, body(depth)).is_ok());
        let deeper = body(depth + 1);
        assert_message_over(limits, (&headers, &deeper), "json_depth", depth);
    }
}

#[test]
fn brackets_are_not_counted_if_the_body_is_not_json() {
    let headers = headers(&[("content-type", "text/plain")]);
    assert!(decode(&headers, Bytes::from(nested(10_000))).is_ok());
}

#[test]
fn structured_events_and_batches_have_the_limits_of_their_format() {
    let headers = content_type("application/cloudevents+json");
    let event = json(r#""x":1"#);
    let limits = Limits::DEFAULT.attributes(4);
    assert_message_over(limits, (&headers, &event), "attributes", 4);
    let events = vec![minimal().build().unwrap(); 3];
    let message = binding::http::encode_batch(&events, &Json).unwrap();
    let two = with_limits(Limits::DEFAULT.batch_events(2));
    let decoded = two.decode_batch(&message.headers, message.body.clone());
    assert_over(decoded, "batch_events", 2);
    assert_eq!(
        decode_batch(&message.headers, message.body).unwrap(),
        events
    );
}

#[test]
fn a_server_responds_with_413_and_the_limit() {
    let decoder = with_limits(Limits::DEFAULT.body_bytes(1));
    let error = decoder.decode(&headers(&[]), "ab".into()).unwrap_err();
    let problem = Problem::from(&error);
    assert_eq!(problem.status(), 413);
    let body: Value = serde_json::from_slice(&problem.to_json()).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "title": "Message too large",
            "status": 413,
            "detail": "the body is over 1 bytes (limit `body_bytes`, set with `Limits::body_bytes`)",
        })
    );
}
