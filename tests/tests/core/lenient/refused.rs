//! Messages that are refused because nothing can be kept.

use bytes::Bytes;
use eventkit::binding::http::{decode_batch_lenient, decode_lenient, with_limits};
use eventkit::event::Event;
use eventkit::format::{Format, Json};
use eventkit::{DecodeError, DecodeErrorKind, EncodeError, Limits};
use eventkit_tests::message::{content_type, headers, json};
use eventkit_tests::refusal::assert_refused;
use http::{HeaderMap, HeaderValue};

const STRUCTURED: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";

#[test]
fn text_that_is_not_a_json_object_is_refused() {
    for text in [
        "",
        "{",
        "[]",
        "7",
        "null",
        r#"{"id":}"#,
        r#"{"id":"1"} x"#,
        "\u{feff}{}",
    ] {
        let malformed = DecodeErrorKind::Malformed;
        assert_refused(Json.decode_lenient(text.into()), malformed);
        let headers = content_type(STRUCTURED);
        assert_refused(decode_lenient(&headers, text.into()), malformed);
    }
    let bytes = Bytes::from_static(b"{\"id\":\"\xff\"}");
    assert_refused(Json.decode_lenient(bytes), DecodeErrorKind::Malformed);
}

#[test]
fn a_batch_with_an_element_that_is_not_an_object_is_refused() {
    for text in ["[{}, 7]", "[{}", "{}", "[{},]"] {
        let malformed = DecodeErrorKind::Malformed;
        assert_refused(Json.decode_batch_lenient(text.into()), malformed);
    }
    let error = Json.decode_batch_lenient("[{}, 7]".into()).unwrap_err();
    assert!(error.to_string().contains("index 1"), "{error}");
}

#[test]
fn a_message_that_is_not_an_event_is_refused() {
    let kind = DecodeErrorKind::NotAnEvent;
    assert_refused(decode_lenient(&HeaderMap::new(), "{}".into()), kind);
    assert_refused(decode_lenient(&content_type("text"), "{}".into()), kind);
    assert_refused(decode_lenient(&content_type(BATCH), "[]".into()), kind);
}

#[test]
fn content_types_of_different_modes_are_refused() {
    for pair in [
        ["text/plain", "application/cloudevents+json"],
        ["application/cloudevents+json", "text/plain"],
        [
            "application/cloudevents+json",
            "application/cloudevents-batch+json",
        ],
    ] {
        let mut headers = headers(&[]);
        for value in pair {
            headers.append("content-type", HeaderValue::from_static(value));
        }
        let decoded = decode_lenient(&headers, json(""));
        assert_refused(decoded, DecodeErrorKind::Invalid);
    }
}

#[test]
fn a_batch_in_an_unregistered_format_is_refused() {
    let headers = content_type("application/cloudevents-batch+cbor");
    let decoded = decode_batch_lenient(&headers, Bytes::new());
    assert_refused(decoded, DecodeErrorKind::UnsupportedMediaType);
}

#[test]
fn a_batch_with_a_malformed_content_type_is_refused() {
    let headers = content_type("application/cloudevents-batch+json; charset");
    let decoded = decode_batch_lenient(&headers, "[]".into());
    assert_refused(decoded, DecodeErrorKind::Invalid);
}

#[test]
fn the_limits_apply_to_invalid_events_too() {
    let kind = DecodeErrorKind::TooLarge;
    let limits = |set: fn(Limits) -> Limits| Json.with_limits(set(Limits::DEFAULT));
    let wrong = r#""Ext":"12345""#;

    let over = limits(|limits| limits.body_bytes(10));
    assert_refused(over.decode_lenient(json(wrong)), kind);
    let over = limits(|limits| limits.attributes(4));
    assert_refused(over.decode_lenient(json(wrong)), kind);
    let over = limits(|limits| limits.attribute_bytes(4));
    assert_refused(over.decode_lenient(json(wrong)), kind);
    assert_refused(over.decode_lenient(json(r#""ext":[1,2,3]"#)), kind);
    let over = limits(|limits| limits.json_depth(2));
    let deep = json(r#""Ext":"1","data":[[[]]]"#);
    assert_refused(over.decode_lenient(deep), kind);
    let over = limits(|limits| limits.batch_events(1));
    assert_refused(over.decode_batch_lenient("[{},{}]".into()), kind);

    let wrong = headers(&[("ce-dataschema", "#"), ("content-type", "application/json")]);
    for limits in [
        Limits::DEFAULT.headers(5),
        Limits::DEFAULT.header_bytes(20),
        Limits::DEFAULT.attributes(5),
        Limits::DEFAULT.body_bytes(5),
        Limits::DEFAULT.json_depth(2),
    ] {
        let decoded = with_limits(limits).decode_lenient(&wrong, "[[[]]]".into());
        assert_refused(decoded, kind);
    }
}

#[test]
fn only_some_of_very_many_violations_are_reported() {
    let members: Vec<String> = (0..1_000).map(|n| format!(r#""X{n}":1"#)).collect();
    let text = json(&members.join(","));
    let limits = Limits::DEFAULT.attributes(2_000);
    let event = Json
        .with_limits(limits)
        .decode_lenient(text.clone())
        .unwrap();
    assert!((100..110).contains(&event.violations().len()));
    assert_eq!(event.attributes().count(), 1_004);
    assert_eq!(Json.encode_lenient(&event).unwrap(), text);
}

/// A format of a program, without support for lenient decoding.
struct Other;

impl Format for Other {
    fn content_type(&self) -> &'static str {
        "application/cloudevents+other"
    }

    fn batch_content_type(&self) -> Option<&str> {
        None
    }

    fn encode(&self, event: &Event) -> Result<Bytes, EncodeError> {
        Json.encode(event)
    }

    fn decode(&self, bytes: Bytes) -> Result<Event, DecodeError> {
        Json.decode(bytes)
    }

    fn encode_batch(&self, events: &[Event]) -> Result<Bytes, EncodeError> {
        Json.encode_batch(events)
    }

    fn decode_batch(&self, bytes: Bytes) -> Result<Vec<Event>, DecodeError> {
        Json.decode_batch(bytes)
    }
}

#[test]
fn a_format_without_lenient_decoding_decodes_and_encodes_valid_events() {
    let text = json(r#" "subject" : "s" "#);
    let event = Other.decode_lenient(text.clone()).unwrap();
    assert_eq!(Other.encode_lenient(&event).unwrap(), text);
    assert_eq!(
        Json.encode_lenient(&event).unwrap(),
        json(r#""subject":"s""#)
    );
    let events = Other.decode_batch_lenient([b"[", &text[..], b"]"].concat().into());
    let batch = Other.encode_batch_lenient(&events.unwrap()).unwrap();
    assert_eq!(batch, [b"[", &json(r#""subject":"s""#)[..], b"]"].concat());

    let wrong = json(r#""Ext":"1""#);
    assert_refused(
        Other.decode_lenient(wrong.clone()),
        DecodeErrorKind::Invalid,
    );
    let event = Json.decode_lenient(wrong).unwrap();
    let error = Other.encode_lenient(&event).unwrap_err();
    assert_eq!(
        error.as_build_error().unwrap().violations(),
        event.violations()
    );
    assert!(Other.encode_batch_lenient(&[event]).is_err());
}
