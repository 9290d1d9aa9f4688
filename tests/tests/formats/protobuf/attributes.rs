//! Context attributes, and the types of extensions.

use eventkit::event::{AttributeValue, Timestamp, Uri, UriReference};
use eventkit::format::Format;
use eventkit::{DecodeErrorKind, Event};
use eventkit_formats::protobuf::Protobuf;
use eventkit_tests::message;
use eventkit_tests::refusal::{assert_invalid, assert_refused};

use super::messages::{self, Attr};
use super::{minimal, ours, theirs};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An event with all core attributes and an extension of each type.
fn typed() -> Event {
    message::minimal()
        .subject("x")
        .time(time("2026-01-31T09:30:00.000000001Z"))
        .data_content_type("text/plain")
        .data_schema("urn:s")
        .extension("flag", true)
        .extension("number", -7)
        .extension("text", "ä")
        .extension("bytes", b"\0\xff".as_slice())
        .extension("uri", Uri::new("https://example.com/a").unwrap())
        .extension("uriref", UriReference::new("../a").unwrap())
        .extension("instant", time("1969-12-31T23:59:59.5Z"))
        .build()
        .unwrap()
}

/// The same event for prost.
fn typed_message() -> messages::CloudEvent {
    let timestamp = |seconds, nanos| Attr::Timestamp(messages::Timestamp { seconds, nanos });
    minimal()
        .with("subject", Attr::String("x".into()))
        .with("time", timestamp(1_769_851_800, 1))
        .with("datacontenttype", Attr::String("text/plain".into()))
        .with("dataschema", Attr::Uri("urn:s".into()))
        .with("flag", Attr::Boolean(true))
        .with("number", Attr::Integer(-7))
        .with("text", Attr::String("ä".into()))
        .with("bytes", Attr::Bytes(b"\0\xff".to_vec()))
        .with("uri", Attr::Uri("https://example.com/a".into()))
        .with("uriref", Attr::UriRef("../a".into()))
        .with("instant", timestamp(-1, 500_000_000))
}

/// Returns the names of the types of the extensions.
fn types(event: &Event) -> Vec<(&str, &'static str)> {
    let of = |value: &AttributeValue| match value {
        AttributeValue::Boolean(_) => "Boolean",
        AttributeValue::Integer(_) => "Integer",
        AttributeValue::String(_) => "String",
        AttributeValue::Binary(_) => "Binary",
        AttributeValue::Uri(_) => "URI",
        AttributeValue::UriReference(_) => "URI-reference",
        AttributeValue::Timestamp(_) => "Timestamp",
    };
    let extensions = event.extensions().iter();
    extensions.map(|(name, value)| (name, of(value))).collect()
}

#[test]
fn attributes_and_types_are_kept() {
    let event = typed();
    let again = Protobuf.decode(Protobuf.encode(&event).unwrap()).unwrap();
    assert_eq!(types(&again), types(&event));
    // The number of fraction digits of a time is that of its nanoseconds.
    assert_eq!(again.time(), event.time());
    assert_eq!(
        again.extension("instant"),
        Some(&time("1969-12-31T23:59:59.500Z").into())
    );
    for (name, value) in event.attributes().filter(|(name, _)| *name != "instant") {
        assert_eq!(again.attribute(name), Some(value), "{name}");
    }
}

#[test]
fn others_read_attributes_and_types() {
    assert_eq!(theirs(&typed()), typed_message());
}

#[test]
fn attributes_and_types_of_others_are_read() {
    let event = ours(&typed_message()).unwrap();
    assert_eq!(types(&event), types(&typed()));
    assert_eq!(theirs(&event), typed_message());
}

#[test]
fn the_extremes_of_each_type_are_kept() {
    for value in [
        AttributeValue::Boolean(false),
        AttributeValue::Integer(i32::MIN),
        AttributeValue::Integer(i32::MAX),
        AttributeValue::Integer(0),
        AttributeValue::String(String::new()),
        AttributeValue::Binary(bytes::Bytes::new()),
        AttributeValue::Timestamp(time("0001-01-01T00:00:00Z")),
        AttributeValue::Timestamp(time("1970-01-01T00:00:00Z")),
        AttributeValue::Timestamp(time("9999-12-31T23:59:59.999999999Z")),
    ] {
        let event = message::minimal().extension("n", value.clone());
        let event = event.build().unwrap();
        let message = theirs(&event);
        assert_eq!(ours(&message).unwrap().extension("n"), Some(&value));
    }
}

#[test]
fn a_time_is_the_same_instant_in_utc() {
    let event = message::minimal().time(time("2026-01-31T10:30:00.50+01:00"));
    let event = event.build().unwrap();
    let read = Protobuf.decode(Protobuf.encode(&event).unwrap()).unwrap();
    assert_eq!(read.time(), Some(time("2026-01-31T09:30:00.500Z")));
}

#[test]
fn a_time_that_protobuf_cannot_represent_is_refused() {
    for (text, reason) in [
        ("2016-12-31T23:59:60Z", "is a leap second"),
        ("0001-01-01T00:00:00+01:00", "the years 1 to 9999"),
        ("9999-12-31T23:59:59-01:00", "the years 1 to 9999"),
    ] {
        let event = message::minimal().time(time(text)).build().unwrap();
        let error = Protobuf.encode(&event).unwrap_err();
        let error = eventkit_tests::refusal::chain(&error);
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_timestamp_out_of_range_is_refused() {
    for (seconds, nanos) in [
        (0, -1),
        (0, 1_000_000_000),
        (-62_135_596_801, 0),
        (253_402_300_800, 0),
        (i64::MAX, 0),
        (i64::MIN, i32::MIN),
    ] {
        let timestamp = Attr::Timestamp(messages::Timestamp { seconds, nanos });
        let event = ours(&minimal().with("time", timestamp));
        assert_refused(event, DecodeErrorKind::Malformed);
    }
}

#[test]
fn a_time_as_text_keeps_its_form() {
    let text = "2026-01-31T10:30:00.50+01:00";
    let event = ours(&minimal().with("time", Attr::String(text.into()))).unwrap();
    assert_eq!(event.time(), Some(time(text)));
}

#[test]
fn required_attributes_are_required() {
    let required = |attribute| (attribute, "core, REQUIRED Attributes");
    let empty = ours(&messages::CloudEvent::default());
    assert_invalid(
        empty,
        &[
            ("specversion", "core, specversion"),
            required("id"),
            required("source"),
            required("type"),
        ],
    );
}

#[test]
fn required_attributes_are_not_in_the_map() {
    for name in ["id", "source", "specversion", "type"] {
        let event = ours(&minimal().with(name, Attr::String("1.0".into())));
        assert_invalid(event, &[(name, "Protobuf format, 2.3")]);
    }
}

#[test]
fn core_attributes_have_their_types() {
    for name in ["subject", "time", "datacontenttype", "dataschema"] {
        let section = "core, Context Attributes";
        let event = ours(&minimal().with(name, Attr::Boolean(true)));
        assert_invalid(event, &[(name, section)]);
        let event = ours(&minimal().with(name, Attr::Bytes(b"urn:s".to_vec())));
        assert_invalid(event, &[(name, section)]);
    }
}

#[test]
fn an_attribute_without_a_value_is_refused() {
    let mut message = minimal();
    message.attributes.entry("n".into()).or_default();
    assert_invalid(ours(&message), &[("n", "Protobuf format, 2.1")]);
}

#[test]
fn names_and_values_are_checked() {
    let event = ours(&minimal().with("No", Attr::Boolean(true)));
    assert_invalid(event, &[("No", "core, Naming Conventions")]);
    let event = ours(&minimal().with("n", Attr::String("\n".into())));
    assert_invalid(event, &[("n", "core, Type System")]);
    for attr in [Attr::Uri("../a".into()), Attr::UriRef("a b".into())] {
        let event = ours(&minimal().with("n", attr));
        assert_invalid(event, &[("n", "Protobuf format, 2.1")]);
    }
}
