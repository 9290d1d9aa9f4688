//! Limits of the JSON format: a message at the limit is accepted, one above it is refused.

use bytes::Bytes;
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, Limits};
use eventkit_tests::message::json;
use eventkit_tests::reading::Reading;
use serde_json::Value;

use super::{assert_over, nested};

/// Asserts that every decoder refuses an event because of a limit.
#[track_caller]
fn assert_event_over(limits: Limits, event: &Bytes, limit: &str, most: usize) {
    let format = Json.with_limits(limits);
    assert_over(format.decode(event.clone()), limit, most);
    assert_over(format.decode_as::<Reading<Value>>(event), limit, most);
    let batch = Bytes::from([b"[", &event[..], b"]"].concat());
    assert_over(format.decode_batch(batch), limit, most);
}

#[test]
fn the_bytes_of_a_text() {
    let event = json(r#""data":{"a":1}"#);
    let exact = Limits::DEFAULT.body_bytes(event.len());
    assert!(Json.with_limits(exact).decode(event.clone()).is_ok());
    let read = Json.with_limits(exact).decode_as::<Reading<Value>>(&event);
    assert!(read.is_ok());
    let less = event.len() - 1;
    assert_event_over(exact.body_bytes(less), &event, "body_bytes", less);
}

#[test]
fn the_default_of_a_text_is_16_mib() {
    let least = json(r#""data":"""#).len();
    let text = |size: usize| json(&format!(r#""data":"{}""#, "a".repeat(size - least)));
    assert!(Json.decode(text(16 << 20)).is_ok());
    assert_over(Json.decode(text((16 << 20) + 1)), "body_bytes", 16 << 20);
}

#[test]
fn the_attributes_of_an_event() {
    let event = json(r#""a":1,"b":"x","data":{},"c":null"#);
    let exact = Limits::DEFAULT.attributes(7);
    assert!(Json.with_limits(exact).decode(event.clone()).is_ok());
    assert_event_over(exact.attributes(6), &event, "attributes", 6);
}

#[test]
fn the_default_of_attributes_is_256() {
    let event = |count: usize| {
        let members: Vec<String> = (4..count).map(|n| format!(r#""x{n}":{n}"#)).collect();
        json(&members.join(","))
    };
    assert_eq!(Json.decode(event(256)).unwrap().extensions().len(), 252);
    assert_over(Json.decode(event(257)), "attributes", 256);
}

#[test]
fn the_value_and_the_name_of_an_attribute() {
    let exact = Limits::DEFAULT.attribute_bytes(11);
    for event in [
        json(r#""x":"\u20ac123456789""#),
        json(r#""subject":"123456789012""#),
        json(r#""a12345678901":1"#),
    ] {
        let taken = Json.with_limits(exact.attribute_bytes(12));
        assert!(taken.decode(event.clone()).is_ok());
        assert_event_over(exact, &event, "attribute_bytes", 11);
    }
}

#[test]
fn the_default_of_a_value_is_64_kib() {
    let event = |size: usize| json(&format!(r#""x":"{}""#, "a".repeat(size)));
    assert!(Json.decode(event(64 << 10)).is_ok());
    assert_over(
        Json.decode(event((64 << 10) + 1)),
        "attribute_bytes",
        64 << 10,
    );
}

#[test]
fn the_events_of_a_batch() {
    let batch = |count: usize| {
        let event = String::from_utf8(json("").to_vec()).unwrap();
        Bytes::from(format!("[{}]", vec![event; count].join(",")))
    };
    let two = Json.with_limits(Limits::DEFAULT.batch_events(2));
    assert_eq!(two.decode_batch(batch(2)).unwrap().len(), 2);
    assert_over(two.decode_batch(batch(3)), "batch_events", 2);
    assert_eq!(Json.decode_batch(batch(10_000)).unwrap().len(), 10_000);
    assert_over(Json.decode_batch(batch(10_001)), "batch_events", 10_000);
}

#[test]
fn the_depth_of_data() {
    let event = |depth: usize| json(&format!(r#""data":{}"#, nested(depth)));
    for depth in 0..5 {
        let exact = Limits::DEFAULT.json_depth(depth);
        assert!(Json.with_limits(exact).decode(event(depth)).is_ok());
        let read = Json
            .with_limits(exact)
            .decode_as::<Reading<Value>>(&event(depth));
        assert!(read.is_ok());
        assert_event_over(exact, &event(depth + 1), "json_depth", depth);
    }
}

#[test]
fn the_default_of_the_depth_is_127() {
    let event = |depth: usize| json(&format!(r#""data":{}"#, nested(depth)));
    assert!(Json.decode(event(127)).is_ok());
    assert_over(Json.decode(event(129)), "json_depth", 127);
    let deeper = Json.with_limits(Limits::DEFAULT.json_depth(1000));
    assert!(deeper.decode(event(1000)).is_ok());
}

#[test]
fn brackets_in_strings_do_not_count() {
    let text = "[{".repeat(1000);
    let event = json(&format!(r#""data":["\"{text}","\\",[]]"#));
    let limits = Limits::DEFAULT.json_depth(2);
    assert!(Json.with_limits(limits).decode(event).is_ok());
}

#[test]
fn the_depth_of_attributes_is_not_limited() {
    let event = json(&format!(r#""x":{}"#, nested(10_000)));
    let error = Json.decode(event).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Invalid);
}

#[test]
fn the_error_has_the_position_in_the_batch() {
    let batch = Bytes::from([b"[", &json("")[..], b",", &json("\"x\":1"), b"]"].concat());
    let limits = Limits::DEFAULT.attributes(4);
    let error = Json.with_limits(limits).decode_batch(batch).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the element at index 1 of the batch"),
        "{error}"
    );
    assert_over(Err::<(), _>(error), "attributes", 4);
}

#[test]
fn unlimited_accepts_everything() {
    let members: Vec<String> = (0..1000).map(|n| format!(r#""x{n}":{n}"#)).collect();
    let event = json(&format!(r#"{},"data":{}"#, members.join(","), nested(1000)));
    assert!(Json.with_limits(Limits::UNLIMITED).decode(event).is_ok());
}
