//! The members of a JSON event.

use eventkit::event::AttributeValue;
use eventkit::format::{Format, Json};
use eventkit::{DecodeError, DecodeErrorKind, Event};
use eventkit_tests::message::json;
use eventkit_tests::refusal::{assert_invalid, assert_refused};

fn decode(text: &str) -> Result<Event, DecodeError> {
    Json.decode(text.to_owned().into())
}

#[test]
fn every_member_becomes_an_attribute() {
    let event = decode(
        r#" { "specversion" : "1.0", "type" : "t", "source" : "/s", "subject" : "x",
              "id" : "1", "time" : "2026-01-31T09:30:00.50+01:00", "text" : "7", "number" : 7,
              "flag" : true, "dataschema" : "urn:s", "datacontenttype" : "text/xml",
              "data" : "<a b=\"c\"/>" } "#,
    )
    .unwrap();

    assert_eq!((event.id(), event.source(), event.ty()), ("1", "/s", "t"));
    assert_eq!(event.subject(), Some("x"));
    assert_eq!(
        event.time().unwrap().to_string(),
        "2026-01-31T09:30:00.50+01:00"
    );
    assert_eq!(event.data_schema(), Some("urn:s"));
    assert_eq!(event.data_content_type(), Some("text/xml"));
    assert!(matches!(event.extension("text"), Some(AttributeValue::String(text)) if text == "7"));
    assert!(matches!(
        event.extension("number"),
        Some(AttributeValue::Integer(7))
    ));
    assert!(matches!(
        event.extension("flag"),
        Some(AttributeValue::Boolean(true))
    ));
    assert_eq!(event.extensions().len(), 3);
    assert_eq!(event.data().unwrap().as_bytes(), br#"<a b="c"/>"#);
}

#[test]
fn all_missing_attributes_are_named() {
    let section = "core, REQUIRED Attributes";
    assert_invalid(
        decode("{}"),
        &[
            ("specversion", "core, specversion"),
            ("id", section),
            ("source", section),
            ("type", section),
        ],
    );
}

#[test]
fn a_null_attribute_is_unset() {
    let nulls = r#""subject":null,"time":null,"datacontenttype":null,"dataschema":null,"ext":null"#;
    assert_eq!(
        Json.decode(json(nulls)).unwrap(),
        Json.decode(json("")).unwrap()
    );
    assert_invalid(
        decode(r#"{"specversion":"1.0","id":null,"source":"/s","type":"t"}"#),
        &[("id", "core, REQUIRED Attributes")],
    );
    assert_invalid(
        decode(r#"{"specversion":null,"id":"1","source":"/s","type":"t"}"#),
        &[("specversion", "core, specversion")],
    );
}

#[test]
fn empty_attributes_are_refused() {
    assert_invalid(
        decode(
            r#"{"specversion":"1.0","id":"","source":"","type":"","subject":"","time":"",
                "dataschema":"","datacontenttype":""}"#,
        ),
        &[
            ("time", "core, time"),
            ("id", "core, id"),
            ("source", "core, source"),
            ("type", "core, type"),
            ("subject", "core, subject"),
            ("datacontenttype", "core, datacontenttype"),
            ("dataschema", "core, dataschema"),
        ],
    );
    let empty = Json.decode(json(r#""ext":"""#)).unwrap();
    assert_eq!(empty.extension("ext"), Some(&AttributeValue::from("")));
}

#[test]
fn core_attributes_must_be_strings() {
    for (member, section) in [
        (r#""subject":5"#, "core, Context Attributes"),
        (r#""subject":true"#, "core, Context Attributes"),
        (r#""subject":["x"]"#, "JSON format, 2.2"),
        (r#""subject":{}"#, "JSON format, 2.2"),
        (r#""subject":1.5"#, "JSON format, 2.2"),
    ] {
        assert_invalid(Json.decode(json(member)), &[("subject", section)]);
    }
    assert_invalid(
        decode(r#"{"specversion":1.0,"id":"1","source":"/s","type":"t"}"#),
        &[("specversion", "JSON format, 2.2")],
    );
    assert_invalid(
        decode(r#"{"specversion":"1.0","id":7,"source":"/s","type":"t"}"#),
        &[("id", "core, Context Attributes")],
    );
}

#[test]
fn an_extension_must_be_a_string_a_boolean_or_an_integer() {
    for value in ["[]", "{}", "[\"a\"]", "{\"a\":1}", "1.5"] {
        assert_invalid(
            Json.decode(json(&format!(r#""ext":{value}"#))),
            &[("ext", "JSON format, 2.2")],
        );
    }
}

#[test]
fn a_duplicate_member_is_refused() {
    let section = "core, Context Attributes";
    for (members, attribute) in [
        (r#""id":"1""#, "id"),
        (r#""i\u0064":"2""#, "id"),
        (r#""specversion":"1.0""#, "specversion"),
        (r#""ext":"1","ext":"1""#, "ext"),
        (r#""ext":null,"ext":"1""#, "ext"),
        (r#""e\u0078t":1,"ext":true"#, "ext"),
        (r#""subject":null,"subject":"x""#, "subject"),
        (r#""subject":"x","subject":null"#, "subject"),
    ] {
        assert_invalid(Json.decode(json(members)), &[(attribute, section)]);
    }
}

#[test]
fn each_further_duplicate_of_a_member_is_a_violation() {
    let section = "core, Context Attributes";
    assert_invalid(
        Json.decode(json(r#""ext":1,"ext":1,"ext":1"#)),
        &[("ext", section), ("ext", section)],
    );
}

#[test]
fn names_of_extensions_are_checked() {
    let section = "core, Naming Conventions";
    for name in ["Ext", "my_ext", "my-ext", "", "ä", "ID", "Data"] {
        assert_invalid(
            Json.decode(json(&format!(r#""{name}":"x""#))),
            &[(name, section)],
        );
        assert_invalid(
            Json.decode(json(&format!(r#""{name}":7"#))),
            &[(name, section)],
        );
    }
    let long = "a".repeat(21);
    let event = Json.decode(json(&format!(r#""{long}":"x""#))).unwrap();
    assert_eq!(event.extension(&long), Some(&AttributeValue::from("x")));
}

#[test]
fn a_null_member_of_any_name_is_ignored() {
    assert_eq!(
        Json.decode(json(r#""My_Ext":null"#)).unwrap(),
        Json.decode(json("")).unwrap()
    );
}

#[test]
fn another_specversion_is_refused_at_once() {
    for version in ["0.3", "0.2", "1", "1.1", "1.0.2", "2.0", "v1.0", "", " 1.0"] {
        let text = format!(r#"{{"specversion":"{version}","Bad":[]}}"#);
        let error = decode(&text).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::SpecVersion, "{version}");
        assert_eq!(
            error.to_string(),
            format!("`specversion` is {version:?}, expected \"1.0\" (core, specversion)")
        );
    }
}

#[test]
fn all_violations_of_attributes_are_listed_at_once() {
    assert_invalid(
        Json.decode(json(
            r#""Bad":1,"subject":"","time":"now","n":1.5,"n":2,"data":1,"data_base64":"AQID""#,
        )),
        &[
            ("n", "JSON format, 2.2"),
            ("data_base64", "JSON format, 3.1.1"),
            ("n", "core, Context Attributes"),
            ("time", "core, time"),
            ("subject", "core, subject"),
            ("Bad", "core, Naming Conventions"),
        ],
    );
}

#[test]
fn text_that_is_not_an_object_is_malformed() {
    for text in [
        "", " ", "null", "true", "1", "\"a\"", "[]", "[{}]", "{", "}", "{}{}", "{},", "{} x",
    ] {
        assert_refused(decode(text), DecodeErrorKind::Malformed);
    }
}

#[test]
fn text_that_is_not_json_is_malformed() {
    for members in [
        "\"a\"",
        "\"a\":",
        "\"a\":1,",
        "a:1",
        "'a':1",
        "\"a\":'x'",
        "\"a\" 1",
        "\"a\":01",
        "\"a\":+1",
        "\"a\":.5",
        "\"a\":5.",
        "\"a\":1e",
        "\"a\":-",
        "\"a\":NaN",
        "\"a\":tru",
        "\"a\":True",
        "\"a\":\"\\x\"",
        "\"a\":\"\\u12\"",
        "\"a\":\"\t\"",
        "\"a\":1 /* */",
        "\"a\":1 \"b\":2",
    ] {
        assert_refused(Json.decode(json(members)), DecodeErrorKind::Malformed);
    }
}

#[test]
fn the_error_for_a_malformed_event_has_the_position() {
    let error = Json.decode(json(r#""a":01"#)).unwrap_err();

    assert_eq!(
        eventkit_tests::refusal::chain(&error),
        "malformed JSON: invalid number at line 1 column 61"
    );
}

#[test]
fn escapes_in_attributes_are_resolved() {
    let event = Json
        .decode(json(r#""subject":"\u20ac\/\"\\\ud83d\ude00""#))
        .unwrap();

    assert_eq!(event.subject(), Some("€/\"\\😀"));
}
