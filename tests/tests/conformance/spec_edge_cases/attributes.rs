//! Edge cases of the core specification: names, types and values of attributes.

use bytes::Bytes;
use eventkit::binding::http;
use eventkit::event::{AttributeValue, Timestamp};
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, Event};
use eventkit_tests::message::{headers, json, minimal};
use eventkit_tests::refusal::{assert_invalid, assert_refused, assert_violations};

#[test]
fn a_timestamp_has_seconds_and_a_full_offset() {
    for text in [
        "2026-01-31",
        "2026-01-31T09:30Z",
        "2026-01-31T09:30:00",
        "2026-01-31T09:30:00+01",
        "2026-01-31T09:30:00+0100",
        "2026-01-31 09:30:00Z",
    ] {
        assert!(text.parse::<Timestamp>().is_err(), "{text}");
        assert_invalid(
            Json.decode(json(&format!(r#""time":"{text}""#))),
            &[("time", "core, time")],
        );
        assert_invalid(
            http::decode(&headers(&[("ce-time", text)]), Bytes::new()),
            &[("time", "core, time")],
        );
    }
}

#[test]
fn a_timestamp_keeps_its_offset_and_precision() {
    for text in [
        "2026-01-31T09:30:00Z",
        "2026-01-31T09:30:00.0Z",
        "2026-01-31T09:30:00.120+05:45",
        "2026-01-31T09:30:00.000000001-11:00",
    ] {
        let event = Json.decode(json(&format!(r#""time":"{text}""#))).unwrap();
        let message = http::encode_binary(&event).unwrap();
        assert_eq!(message.headers["ce-time"], text);
        let back = http::decode(&message.headers, message.body).unwrap();
        assert_eq!(back.time().unwrap().to_string(), text);
        assert_eq!(back, event);
    }
}

#[test]
fn a_timestamp_has_one_canonical_form() {
    for text in [
        "2026-01-31T09:30:00z",
        "2026-01-31t09:30:00Z",
        "2026-01-31T09:30:00+00:00",
        "2026-01-31T09:30:00-00:00",
    ] {
        let event = Json.decode(json(&format!(r#""time":"{text}""#))).unwrap();
        let message = http::encode_binary(&event).unwrap();
        assert_eq!(message.headers["ce-time"], "2026-01-31T09:30:00Z");
        let encoded = Json.encode(&event).unwrap();
        assert_eq!(encoded, json(r#""time":"2026-01-31T09:30:00Z""#));
    }
}

#[test]
fn a_null_attribute_is_unset() {
    let nulls = r#""subject":null,"time":null,"dataschema":null,"datacontenttype":null,"ext":null"#;
    let event = Json.decode(json(nulls)).unwrap();

    assert_eq!(event, minimal().build().unwrap());
    assert!(event.extensions().is_empty());
    assert_invalid(
        Json.decode(r#"{"specversion":"1.0","id":null,"source":"/s","type":"t"}"#.into()),
        &[("id", "core, REQUIRED Attributes")],
    );
}

#[test]
fn a_name_consists_of_lower_case_letters_and_digits() {
    let section = "core, Naming Conventions";
    for name in ["Upper", "with-dash", "with_underscore", "", "größe"] {
        assert_violations(minimal().extension(name, "x").build(), &[(name, section)]);
        assert_invalid(
            Json.decode(json(&format!(r#""{name}":"x""#))),
            &[(name, section)],
        );
    }
    assert_invalid(
        http::decode(&headers(&[("ce-with-dash", "x")]), Bytes::new()),
        &[("with-dash", section)],
    );
    assert!(minimal().extension("0z", "x").build().is_ok());
}

#[test]
fn a_name_over_20_characters_is_allowed() {
    let name = "a".repeat(50);
    let event = minimal().extension(&name, "x").build().unwrap();

    assert_eq!(Json.decode(Json.encode(&event).unwrap()).unwrap(), event);
    let message = http::encode_binary(&event).unwrap();
    assert_eq!(http::decode(&message.headers, message.body).unwrap(), event);
}

#[test]
fn the_name_data_is_reserved() {
    let expected = [("data", "core, Naming Conventions")];

    assert_violations(minimal().extension("data", "x").build(), &expected);
    assert_invalid(
        http::decode(&headers(&[("ce-data", "x")]), Bytes::new()),
        &expected,
    );
    let mut event = minimal().build().unwrap();
    assert_violations(event.set_extension("data", "x"), &expected);
}

#[test]
fn a_duplicate_member_is_an_error() {
    let section = "core, Context Attributes";

    assert_invalid(
        Json.decode(json(r#""ext":"a","ext":"a""#)),
        &[("ext", section)],
    );
    assert_invalid(Json.decode(json(r#""id":"1""#)), &[("id", section)]);
    assert_invalid(
        Json.decode(json(r#""data":1,"data":1"#)),
        &[("data", "JSON format, 3.1.1")],
    );
}

#[test]
fn an_integer_has_32_bits_and_no_fraction() {
    for number in ["2147483648", "-2147483649", "1.0", "1e2", "0.5"] {
        assert_invalid(
            Json.decode(json(&format!(r#""n":{number}"#))),
            &[("n", "JSON format, 2.2")],
        );
    }
    for number in [i32::MIN, -1, 0, i32::MAX] {
        let event = Json.decode(json(&format!(r#""n":{number}"#))).unwrap();
        assert!(matches!(event.extension("n"), Some(AttributeValue::Integer(n)) if *n == number));
    }
}

#[test]
fn an_extension_from_a_header_is_a_string_that_can_be_parsed() {
    let headers = headers(&[("ce-n", "7"), ("ce-flag", "true"), ("ce-bin", "AP8=")]);
    let event = http::decode(&headers, Bytes::new()).unwrap();

    assert!(matches!(event.extension("n"), Some(AttributeValue::String(text)) if text == "7"));
    assert_eq!(event.extension_as::<i32>("n").unwrap(), 7);
    assert!(event.extension_as::<bool>("flag").unwrap());
    assert_eq!(event.extension_as::<Vec<u8>>("bin").unwrap(), [0, 255]);
    assert!(event.extension_as::<i32>("flag").is_err());
}

#[test]
fn an_event_equals_its_form_decoded_from_headers() {
    let event = minimal()
        .extension("n", 7)
        .extension("flag", true)
        .extension("bin", vec![0, 255])
        .build()
        .unwrap();
    let message = http::encode_binary(&event).unwrap();

    assert_eq!(http::decode(&message.headers, message.body).unwrap(), event);
}

#[test]
fn a_missing_specversion_is_a_clear_error() {
    let expected = [("specversion", "core, specversion")];
    let decoded = Json.decode(r#"{"id":"1","source":"/s","type":"t"}"#.into());
    assert_eq!(
        decoded.as_ref().unwrap_err().to_string(),
        "not a valid event: attribute `specversion` is missing, expected \"1.0\" (core, specversion)"
    );
    assert_invalid(decoded, &expected);

    let mut headers = headers(&[]);
    headers.remove("ce-specversion");
    assert_invalid(http::decode(&headers, Bytes::new()), &expected);
}

/// Asserts that this event and a binary message of the same version are refused because of the
/// version.
#[track_caller]
fn assert_version_refused(event: &'static str, version: &str) {
    let error = Json.decode(event.into()).unwrap_err();

    assert_eq!(error.kind(), DecodeErrorKind::SpecVersion);
    assert_eq!(
        error.to_string(),
        format!("`specversion` is \"{version}\", expected \"1.0\" (core, specversion)")
    );
    let mut headers = headers(&[]);
    headers.insert("ce-specversion", version.parse().unwrap());
    assert_refused(
        http::decode(&headers, Bytes::new()),
        DecodeErrorKind::SpecVersion,
    );
}

#[test]
fn an_unknown_specversion_is_a_clear_error() {
    assert_version_refused(
        r#"{"specversion":"2.0","id":"1","source":"/s","type":"t"}"#,
        "2.0",
    );
}

#[test]
fn an_event_of_version_0_3_is_refused_clearly() {
    let old = r#"{"specversion":"0.3","id":"1","source":"/s","type":"t",
        "datacontentencoding":"base64","schemaurl":"urn:s","data":"AP8="}"#;
    assert_version_refused(old, "0.3");
}

#[test]
fn an_empty_attribute_is_an_error() {
    let all = [
        ("id", "core, id"),
        ("source", "core, source"),
        ("type", "core, type"),
        ("subject", "core, subject"),
        ("dataschema", "core, dataschema"),
    ];
    let built = Event::builder()
        .id("")
        .source("")
        .ty("")
        .subject("")
        .data_schema("")
        .build();
    assert_violations(built, &all);

    let members =
        r#"{"specversion":"1.0","id":"","source":"","type":"","subject":"","dataschema":""}"#;
    assert_invalid(Json.decode(members.into()), &all);

    let mut headers = headers(&[("ce-subject", ""), ("ce-dataschema", "")]);
    for name in ["ce-id", "ce-source", "ce-type"] {
        headers.insert(name, "".parse().unwrap());
    }
    assert_invalid(http::decode(&headers, Bytes::new()), &all);
}
