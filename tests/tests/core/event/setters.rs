//! Setters: each checks the value, and leaves the event unchanged if the value is invalid.

use eventkit::Event;
use eventkit::event::{AttributeValue, BuildError, Data, DataKind};
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::assert_violations;

/// Asserts that a setter returns an error and changes nothing.
#[track_caller]
fn assert_unchanged(
    expected: (&str, &str),
    set: impl FnOnce(&mut Event) -> Result<(), BuildError>,
) {
    let before = minimal()
        .subject("x")
        .extension("n", 7)
        .data_text("hi")
        .build()
        .unwrap();
    let mut event = before.clone();

    assert_violations(set(&mut event), &[expected]);
    assert_eq!(event, before);
}

#[test]
fn a_refused_value_changes_nothing() {
    assert_unchanged(("id", "core, id"), |event| event.set_id(""));
    assert_unchanged(("source", "core, source"), |event| event.set_source("a b"));
    assert_unchanged(("type", "core, type"), |event| event.set_ty("\n"));
    assert_unchanged(("subject", "core, subject"), |event| {
        event.set_subject(Some(""))
    });
    assert_unchanged(("dataschema", "core, dataschema"), |event| {
        event.set_data_schema(Some("/relative"))
    });
    assert_unchanged(("N", "core, Naming Conventions"), |event| {
        event.set_extension("N", 1).map(drop)
    });
    assert_unchanged(("n", "core, Type System"), |event| {
        event.set_extension("n", "\u{0}").map(drop)
    });
    let far = chrono::DateTime::from_timestamp(253_402_300_800, 0).unwrap();
    assert_unchanged(("time", "core, time"), |event| {
        event.set_time(Some(far.into()))
    });
}

#[test]
fn refused_data_changes_nothing() {
    assert_unchanged(("data", "JSON format, 3.1.1"), |event| {
        event.set_data(Some("application/json"), Data::text("{"))
    });
    assert_unchanged(("datacontenttype", "core, datacontenttype"), |event| {
        event.set_data(Some("nonsense"), Data::text("{"))
    });
}

#[test]
fn an_accepted_value_is_set() {
    let mut event = minimal().subject("x").build().unwrap();
    event.set_id("2").unwrap();
    event.set_source("urn:x").unwrap();
    event.set_ty("u").unwrap();
    event.set_subject(None).unwrap();
    event.set_data_schema(Some("urn:schema")).unwrap();
    let time = "2026-01-31T09:30:00Z".parse().unwrap();
    event.set_time(Some(time)).unwrap();

    assert_eq!(
        (event.id(), event.source(), event.ty()),
        ("2", "urn:x", "u")
    );
    assert_eq!(event.subject(), None);
    assert_eq!(event.data_schema(), Some("urn:schema"));
    assert_eq!(event.time(), Some(time));

    event.set_time(None).unwrap();
    event.set_data_schema(None).unwrap();
    assert_eq!((event.time(), event.data_schema()), (None, None));
}

#[test]
fn setting_an_extension_returns_the_previous_value() {
    let mut event = minimal().build().unwrap();

    assert_eq!(event.set_extension("n", 1).unwrap(), None);
    assert_eq!(
        event.set_extension("n", "two").unwrap(),
        Some(AttributeValue::Integer(1))
    );
    assert_eq!(
        event.remove_extension("n"),
        Some(AttributeValue::from("two"))
    );
    assert_eq!(event.remove_extension("n"), None);
    assert!(!event.extensions().contains("n"));
}

#[test]
fn data_and_content_type_are_set_together() {
    let mut event = minimal().data_text("hi").build().unwrap();
    event.set_data(None, Data::json("[1]").unwrap()).unwrap();
    assert_eq!(event.data_content_type(), Some("application/json"));
    assert_eq!(event.data().unwrap().kind(), DataKind::Json);

    event.set_data(None, Data::binary("raw")).unwrap();
    assert_eq!(event.data_content_type(), None);
    assert_eq!(event.data().unwrap().kind(), DataKind::Binary);
    assert_eq!(event.time(), None);
}

#[test]
fn take_data_also_removes_its_content_type_and_schema() {
    let mut event = minimal()
        .data_schema("urn:schema")
        .data_text("hi")
        .build()
        .unwrap();

    assert_eq!(event.take_data().unwrap().as_bytes(), b"hi");
    assert_eq!(event, minimal().build().unwrap());
    assert_eq!(event.take_data(), None);
}
