//! `Display` and `Debug` of events and their parts.

use eventkit::event::{AttributeValue, Data};
use eventkit_tests::message::minimal;

#[test]
fn display_is_type_id_and_source_on_one_line() {
    assert_eq!(minimal().build().unwrap().to_string(), "t 1 from /s");
}

#[test]
fn debug_shows_only_what_is_set() {
    let event = minimal().build().unwrap();
    assert_eq!(
        format!("{event:?}"),
        r#"Event { id: "1", source: "/s", type: "t" }"#
    );

    let time: eventkit::event::Timestamp = "2026-01-31T09:30:00.5+01:00".parse().unwrap();
    let event = minimal()
        .subject("x")
        .time(time)
        .extension("n", 7)
        .data_text("hi")
        .build()
        .unwrap();
    assert_eq!(
        format!("{event:?}"),
        r#"Event { id: "1", source: "/s", type: "t", subject: "x", datacontenttype: "text/plain; charset=utf-8", time: 2026-01-31T09:30:00.5+01:00, n: Integer(7), data: Text(hi) }"#
    );
}

#[test]
fn debug_of_data_shows_its_kind_and_its_start() {
    assert_eq!(
        format!("{:?}", Data::json(r#"{"a":1}"#).unwrap()),
        r#"Json({"a":1})"#
    );
    assert_eq!(
        format!("{:?}", Data::binary(vec![0, 1, 2])),
        "Binary(3 bytes)"
    );
    let long = format!("{:?}", Data::text("x".repeat(1000)));
    assert_eq!(long, format!("Text({}…)", "x".repeat(60)));
}

#[test]
fn a_value_displays_as_its_canonical_string() {
    assert_eq!(AttributeValue::from(true).to_string(), "true");
    assert_eq!(AttributeValue::from(-7).to_string(), "-7");
    assert_eq!(AttributeValue::from(vec![1, 2, 3]).to_string(), "AQID");
}

#[test]
fn the_name_of_an_invalid_attribute_cannot_inject_a_log_line() {
    let error = minimal().extension("a\nb", 1).build().unwrap_err();

    assert!(!error.to_string().contains('\n'), "{error}");
    assert_eq!(error.violations()[0].attribute(), "a\nb");
}
