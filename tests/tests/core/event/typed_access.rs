//! Extension attributes read as types, and data decoded as values.

use eventkit::event::{AttributeError, AttributeRef, AttributeValue, Timestamp, Uri};
use eventkit::{AttributeSource, DecodeErrorKind, Event};
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::{assert_invalid, assert_refused};
use serde::Deserialize;

fn with(value: impl Into<AttributeValue>) -> Event {
    minimal().extension("x", value).build().unwrap()
}

#[test]
fn an_integer_is_read_from_a_native_value_and_from_a_string() {
    assert_eq!(with(7).extension_as::<i32>("x").unwrap(), 7);
    assert_eq!(with("7").extension_as::<i32>("x").unwrap(), 7);
    assert_eq!(
        with("-2147483648").extension_as::<i32>("x").unwrap(),
        i32::MIN
    );
    assert_eq!(with("-0").extension_as::<i32>("x").unwrap(), 0);
    assert_eq!(with(7).extension_as::<u64>("x").unwrap(), 7);
}

#[test]
fn text_that_is_not_a_canonical_integer_is_refused() {
    for text in [
        "",
        "+7",
        "07",
        "-07",
        "00",
        " 7",
        "7 ",
        "7.0",
        "7e0",
        "0x7",
        "2147483648",
        "٧",
        "-",
    ] {
        let error = with(text).extension_as::<i32>("x").unwrap_err();
        assert_eq!(error.value(), Some(text), "{text:?}");
    }
    assert!(with(256).extension_as::<u8>("x").is_err());
    assert!(with(-1).extension_as::<u16>("x").is_err());
}

#[test]
fn larger_integers_have_the_same_grammar() {
    for text in ["", "+7", "07", " 7", "7.0"] {
        assert!(with(text).extension_as::<u64>("x").is_err(), "{text:?}");
        assert!(with(text).extension_as::<i64>("x").is_err(), "{text:?}");
    }
    assert_eq!(
        with("18446744073709551615")
            .extension_as::<u64>("x")
            .unwrap(),
        u64::MAX
    );
}

#[test]
fn a_boolean_is_true_or_false_in_lower_case() {
    assert!(with(true).extension_as::<bool>("x").unwrap());
    assert!(!with("false").extension_as::<bool>("x").unwrap());
    for text in ["True", "FALSE", "1", "", "yes"] {
        assert!(with(text).extension_as::<bool>("x").is_err(), "{text:?}");
    }
}

#[test]
fn binary_is_base64_with_padding() {
    assert_eq!(
        with("AQID").extension_as::<Vec<u8>>("x").unwrap(),
        [1, 2, 3]
    );
    assert_eq!(
        with("//4=").extension_as::<Vec<u8>>("x").unwrap(),
        [255, 254]
    );
    for text in ["//4", "__4=", "A", "AQI D", "Zh=="] {
        assert!(with(text).extension_as::<Vec<u8>>("x").is_err(), "{text:?}");
    }
}

#[test]
fn a_timestamp_or_uri_is_read_from_its_string() {
    let time = with("2026-01-31T09:30:00Z");
    assert_eq!(
        time.extension_as::<Timestamp>("x").unwrap().to_string(),
        "2026-01-31T09:30:00Z"
    );
    assert!(time.extension_as::<Uri>("x").is_err());
    assert!(with("urn:a").extension_as::<Uri>("x").is_ok());
    assert!(with("/a").extension_as::<Uri>("x").is_err());
}

#[test]
fn every_value_can_be_read_as_a_string() {
    assert_eq!(with(7).extension_as::<String>("x").unwrap(), "7");
    assert_eq!(with(true).extension_as::<String>("x").unwrap(), "true");
    assert_eq!(
        with(vec![1, 2, 3]).extension_as::<String>("x").unwrap(),
        "AQID"
    );
}

#[test]
fn an_absent_extension_is_none_or_an_error() {
    let event = minimal().build().unwrap();

    assert_eq!(event.extension_as::<Option<i32>>("x").unwrap(), None);
    let error = event.extension_as::<i32>("x").unwrap_err();
    assert_eq!(error.value(), None);
    assert_eq!(
        error.to_string(),
        "an absent attribute is not an Integer that fits"
    );
}

#[test]
fn a_malformed_extension_is_an_error_for_an_option() {
    let error = with("seven").extension_as::<Option<i32>>("x").unwrap_err();

    assert_eq!(error, AttributeError::new("seven", "an Integer that fits"));
}

#[test]
fn an_attribute_that_does_not_fit_a_field_is_a_violation() {
    let event = with("seven");

    assert_invalid(
        event.read_attribute::<i32>("x"),
        &[("x", "as the Rust type requires")],
    );
    assert_invalid(
        event.read_attribute::<String>("subject"),
        &[("subject", "as the Rust type requires")],
    );
}

#[test]
fn core_attributes_are_found_by_name_too() {
    let event = minimal().build().unwrap();

    assert_eq!(event.attribute("id"), Some(AttributeRef::Text("1")));
    assert_eq!(
        event.attribute("specversion"),
        Some(AttributeRef::Text("1.0"))
    );
    assert_eq!(event.attribute("subject"), None);
}

#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    id: String,
    total: u64,
}

#[test]
fn data_is_decoded_by_its_content_type() {
    let json = minimal().data_json(&serde_json::json!({"id": "A", "total": 5}));
    let json = json.unwrap().build().unwrap();
    let expected = Order {
        id: "A".into(),
        total: 5,
    };
    assert_eq!(json.data_as::<Order>().unwrap(), expected);

    let text = minimal().data_text("42").build().unwrap();
    assert_eq!(text.data_as::<String>().unwrap(), "42");
    assert_eq!(text.data_as::<u8>().unwrap(), 42);

    let bytes = minimal()
        .data_content_type("application/octet-stream")
        .data_bytes(&[1, 2]);
    assert_eq!(bytes.build().unwrap().data_as::<Vec<u8>>().unwrap(), [1, 2]);
}

#[test]
fn bytes_without_a_content_type_are_decoded_as_json() {
    let event = minimal().data_bytes("[1,2]").build().unwrap();

    assert_eq!(event.data_content_type(), None);
    assert_eq!(event.data_as::<Vec<u8>>().unwrap(), [1, 2]);
}

#[test]
fn data_of_another_type_is_a_data_error() {
    let event = minimal().data_json(&"x").unwrap().build().unwrap();
    assert_refused(event.data_as::<Order>(), DecodeErrorKind::Data);

    let event = minimal().data_text("x").build().unwrap();
    assert_refused(event.data_as::<u8>(), DecodeErrorKind::Data);
}

#[test]
fn absent_data_decodes_only_as_a_unit_or_an_option() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Ping;

    let event = minimal().build().unwrap();
    event.data_as::<()>().unwrap();
    assert_eq!(event.data_as::<Ping>().unwrap(), Ping);
    assert_eq!(event.data_as::<Option<Order>>().unwrap(), None);
    let error = event.data_as::<Order>().unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Data);
    assert!(
        error.to_string().starts_with("the event has no data"),
        "{error}"
    );
}

#[test]
fn data_of_an_unknown_media_type_has_no_codec() {
    let event = minimal()
        .data_content_type("application/x-unknown")
        .data_bytes("x")
        .build()
        .unwrap();

    assert_refused(
        event.data_as::<String>(),
        DecodeErrorKind::UnsupportedMediaType,
    );
}
