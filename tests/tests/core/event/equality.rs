//! Equality of events, attribute values and data.

use eventkit::event::{AttributeValue, Data, Timestamp};
use eventkit_tests::message::minimal;

#[test]
fn values_are_equal_when_their_canonical_strings_are() {
    let text = AttributeValue::from;
    let time: Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();

    assert_eq!(AttributeValue::from(7), text("7"));
    assert_eq!(AttributeValue::from(true), text("true"));
    assert_eq!(AttributeValue::from(vec![1, 2, 3]), text("AQID"));
    assert_eq!(AttributeValue::from(time), text("2026-01-31T09:30:00Z"));
    assert_ne!(AttributeValue::from(7), text("07"));
    assert_ne!(AttributeValue::from(true), text("True"));
    assert_ne!(AttributeValue::from(time), text("2026-01-31t09:30:00z"));
}

#[test]
fn a_value_compares_with_rust_values() {
    assert_eq!(AttributeValue::from("7"), 7);
    assert_eq!(AttributeValue::from(7), "7");
    assert_eq!(AttributeValue::from("true"), true);
    assert_eq!(AttributeValue::from(true), *"true");
}

#[test]
fn timestamps_of_one_instant_with_different_offsets_differ() {
    let utc: Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();
    let local: Timestamp = "2026-01-31T10:30:00+01:00".parse().unwrap();

    assert_ne!(utc, local);
    assert_ne!(AttributeValue::from(utc), AttributeValue::from(local));
    assert_ne!(
        minimal().time(utc).build().unwrap(),
        minimal().time(local).build().unwrap()
    );
}

#[test]
fn timestamps_with_different_precisions_differ() {
    let seconds: Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();
    let tenths: Timestamp = "2026-01-31T09:30:00.0Z".parse().unwrap();

    assert_ne!(seconds, tenths);
}

#[test]
fn a_timestamp_compares_with_a_date_time_by_instant() {
    let local: Timestamp = "2026-01-31T10:30:00+01:00".parse().unwrap();
    let utc = chrono::DateTime::from_timestamp(1_769_851_800, 0).unwrap();

    assert_eq!(local, utc);
}

#[test]
fn data_is_equal_by_its_bytes() {
    assert_eq!(Data::text("[1]"), Data::json("[1]").unwrap());
    assert_eq!(Data::text("[1]"), Data::binary("[1]"));
    assert_ne!(Data::json("[1]").unwrap(), Data::json("[ 1]").unwrap());
}

#[test]
fn events_differ_by_any_attribute() {
    let event = || minimal().subject("x").extension("n", 7).data_text("hi");
    let base = event().build().unwrap();

    assert_eq!(base, event().build().unwrap());
    assert_eq!(base, event().extension("n", "7").build().unwrap());
    for other in [
        event().id("2"),
        event().source("/other"),
        event().ty("u"),
        event().subject("y"),
        event().data_schema("urn:s"),
        event().data_content_type("text/html"),
        event().extension("n", 8),
        event().extension("m", 7),
        event().data_text("ho"),
        event().time("2026-01-31T09:30:00Z".parse::<Timestamp>().unwrap()),
    ] {
        assert_ne!(base, other.build().unwrap());
    }
}

#[test]
fn absent_data_equals_empty_data_but_not_null() {
    for content_type in ["text/plain", "application/json", "image/png"] {
        let none = minimal().data_content_type(content_type);
        let empty = none.clone().data_bytes("");
        let null = none.clone().data_bytes("null");
        let none = none.build().unwrap();
        assert_eq!(none, empty.build().unwrap());
        assert_ne!(none, null.build().unwrap());
    }
}

#[test]
fn white_space_around_data_is_only_ignored_for_json() {
    let with = |content_type: &str, data: &'static str| {
        let event = minimal().data_content_type(content_type).data_bytes(data);
        event.build().unwrap()
    };
    for content_type in ["application/json", "application/vnd.a+json; charset=utf-8"] {
        let (spaced, plain) = (with(content_type, "\r\n [1]\t"), with(content_type, "[1]"));
        assert_eq!(spaced, plain);
        assert_eq!(with(content_type, "{ "), with(content_type, "{"));
        assert_ne!(plain, with(content_type, "[1 ]"));
    }
    assert_ne!(with("text/plain", "[1] "), with("text/plain", "[1]"));
    // A form feed is not white space in JSON.
    assert_ne!(
        with("application/json", "\u{c}"),
        with("application/json", "")
    );
    assert_ne!(Data::json(" 1").unwrap(), Data::json("1\n").unwrap());
    assert_eq!(Data::json(" 1").unwrap(), Data::binary(" 1"));
}
