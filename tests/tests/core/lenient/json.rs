//! JSON events.

use eventkit::event::{Data, Violation};
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, Event, LenientEvent};
use eventkit_tests::message::{json, minimal};
use eventkit_tests::refusal::assert_refused;

use super::violations;

#[track_caller]
fn decode(text: &str) -> LenientEvent {
    let event = Json.decode_lenient(text.to_owned().into()).unwrap();
    assert_eq!(Json.encode_lenient(&event).unwrap(), text);
    let strict = Json.decode(text.to_owned().into());
    assert_eq!(strict.is_ok(), event.violations().is_empty(), "{text}");
    event
}

/// Asserts that an event with these members is kept, and has these violations.
#[track_caller]
fn assert_kept(members: &str, expected: &[(&str, Option<&str>, &str)]) -> LenientEvent {
    let text = String::from_utf8(json(members).to_vec()).unwrap();
    let event = decode(&text);
    assert_eq!(violations(&event), expected, "{text}");
    let listed = event.violations().to_vec();
    let error = Event::try_from(event.clone()).unwrap_err();
    assert_eq!(error.violations(), listed);
    event
}

#[test]
fn a_valid_event_has_no_violations_and_can_be_converted() {
    let text = json(
        r#""subject":"s","time":"2026-01-31t09:30:00z","n":7,"b":true,"x":null,"data": {"a": 1}"#,
    );
    let event = Json.decode_lenient(text.clone()).unwrap();

    assert!(event.violations().is_empty());
    assert_eq!(event.attribute("id").as_deref(), Some("1"));
    assert_eq!(event.attribute("n").as_deref(), Some("7"));
    assert_eq!(event.attribute("x"), None);
    assert_eq!(
        event.attribute("time").as_deref(),
        Some("2026-01-31T09:30:00Z")
    );
    assert_eq!(event.data().unwrap().as_bytes(), br#"{"a": 1}"#);
    let names: Vec<&str> = event.attributes().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "specversion",
            "id",
            "source",
            "type",
            "datacontenttype",
            "subject",
            "time",
            "b",
            "n"
        ]
    );
    assert_eq!(Json.encode_lenient(&event).unwrap(), text);
    assert_eq!(event.into_event().unwrap(), Json.decode(text).unwrap());
}

#[test]
fn each_core_attribute_is_kept_with_its_violation() {
    for (name, value, section) in [
        ("dataschema", "#", "core, dataschema"),
        ("dataschema", "", "core, dataschema"),
        ("datacontenttype", "json", "core, datacontenttype"),
        ("datacontenttype", "", "core, datacontenttype"),
        ("time", "yesterday", "core, time"),
        ("time", "2026-01-31T09:30:00", "core, time"),
        ("subject", "", "core, subject"),
        ("subject", "a\u{1}b", "core, subject"),
    ] {
        let written = serde_json::to_string(value).unwrap();
        let event = assert_kept(
            &format!(r#""{name}":{written}"#),
            &[(name, Some(value), section)],
        );
        assert_eq!(event.attribute(name).as_deref(), Some(value));
    }
}

#[test]
fn required_attributes_may_be_empty_or_missing() {
    let event = decode(r#"{"specversion":"1.0","id":"","source":"","type":""}"#);
    assert_eq!(
        violations(&event),
        [
            ("id", Some(""), "core, id"),
            ("source", Some(""), "core, source"),
            ("type", Some(""), "core, type"),
        ]
    );
    let event = decode("{}");
    assert_eq!(
        violations(&event),
        [
            ("specversion", None, "core, specversion"),
            ("id", None, "core, REQUIRED Attributes"),
            ("source", None, "core, REQUIRED Attributes"),
            ("type", None, "core, REQUIRED Attributes"),
        ]
    );
    assert_eq!(event.attributes().count(), 0);
}

#[test]
fn another_specversion_does_not_hide_other_violations() {
    let text = r#"{"specversion":"0.3","id":"","source":"/s","type":"t","schemaurl":"u"}"#;
    let event = decode(text);

    assert_eq!(
        violations(&event),
        [
            ("specversion", Some("0.3"), "core, specversion"),
            ("id", Some(""), "core, id"),
        ]
    );
    assert_eq!(event.attribute("specversion").as_deref(), Some("0.3"));
    assert_eq!(event.attribute("schemaurl").as_deref(), Some("u"));
    assert_refused(Json.decode(text.into()), DecodeErrorKind::SpecVersion);
}

#[test]
fn invalid_names_are_kept() {
    let section = "core, Naming Conventions";
    for name in ["Upper", "with-dash", "with_underscore", "", "größe", "a b"] {
        let event = assert_kept(&format!(r#""{name}":"x""#), &[(name, Some("x"), section)]);
        assert_eq!(event.attribute(name).as_deref(), Some("x"));
    }
}

#[test]
fn values_of_any_json_type_are_kept() {
    let section = "JSON format, 2.2";
    for value in ["1.5", "2147483648", "1e2", "[1, 2]", r#"{"a": []}"#] {
        let event = assert_kept(
            &format!(r#""ext":{value}"#),
            &[("ext", Some(value), section)],
        );
        assert_eq!(event.attribute("ext").as_deref(), Some(value));
    }
    let event = assert_kept(
        r#""subject":7"#,
        &[("subject", Some("7"), "core, Context Attributes")],
    );
    assert_eq!(event.attribute("subject").as_deref(), Some("7"));
    let event = assert_kept(
        r#""ext":"\ud800""#,
        &[("ext", Some(r#""\ud800""#), "core, Type System")],
    );
    assert_eq!(event.attribute("ext").as_deref(), Some(r#""\ud800""#));
}

#[test]
fn a_duplicate_attribute_is_kept_twice() {
    let event = assert_kept(
        r#""id":"2","ext":"a","ext":"b""#,
        &[
            ("id", Some("1"), "core, Context Attributes"),
            ("ext", Some("a"), "core, Context Attributes"),
        ],
    );
    assert_eq!(event.attribute("id").as_deref(), Some("1"));
    let twice: Vec<String> = event
        .attributes()
        .filter(|(name, _)| *name == "ext")
        .map(|(_, value)| value.into_owned())
        .collect();
    assert_eq!(twice, ["a", "b"]);
}

#[test]
fn null_is_unset() {
    let event = assert_kept(
        r#""subject":"","ext":null"#,
        &[("subject", Some(""), "core, subject")],
    );
    assert_eq!(event.attribute("ext"), None);
}

#[test]
fn invalid_data_is_kept() {
    let text = r#""datacontenttype":"text/plain","data":{"a": 1}"#;
    let event = assert_kept(text, &[("data", Some(r#"{"a": 1}"#), "JSON format, 3.1.2")]);
    assert_eq!(event.data().unwrap().as_bytes(), br#"{"a": 1}"#);

    let event = assert_kept(
        r#""data_base64":"%""#,
        &[("data_base64", Some("%"), "JSON format, 3.1.2")],
    );
    assert!(event.data().is_none());

    let event = assert_kept(
        r#""data":1,"data_base64":"AA==""#,
        &[("data_base64", Some("AA=="), "JSON format, 3.1.1")],
    );
    assert!(event.data().is_none());
}

#[test]
fn valid_data_is_decoded_despite_other_violations() {
    let schema = ("dataschema", Some("#"), "core, dataschema");
    for (members, data) in [
        (r#""data":{"a": 1}"#, Some(&br#"{"a": 1}"#[..])),
        (r#""data":null"#, Some(b"null")),
        (
            r#""datacontenttype":"text/plain","data":"a\n""#,
            Some(b"a\n"),
        ),
        (r#""data_base64":"AP8=""#, Some(b"\x00\xff")),
        (r#""data_base64":null"#, None),
    ] {
        let event = assert_kept(&format!(r##""dataschema":"#",{members}"##), &[schema]);
        assert_eq!(event.data().map(Data::as_bytes), data, "{members}");
    }
}

#[test]
fn every_violation_is_listed_at_once() {
    let text = r##"{
        "specversion": "2", "id": "", "source": "a b", "type": 7, "time": "now",
        "datacontenttype": "x", "dataschema": "#", "subject": "", "Ext": "1", "data": 5
    }"##;
    let event = decode(text);
    let mut attributes: Vec<&str> = event
        .violations()
        .iter()
        .map(Violation::attribute)
        .collect();
    attributes.sort_unstable();
    assert_eq!(
        attributes,
        [
            "Ext",
            "data",
            "datacontenttype",
            "dataschema",
            "id",
            "source",
            "specversion",
            "subject",
            "time",
            "type"
        ]
    );
}

#[test]
fn a_built_event_is_encoded_as_usual() {
    let event = minimal().data_text("hi").build().unwrap();
    let lenient = LenientEvent::from(event.clone());
    assert_eq!(
        Json.encode_lenient(&lenient).unwrap(),
        Json.encode(&event).unwrap()
    );
    assert_eq!(lenient.into_event().unwrap(), event);
}
