//! Context attributes, and the types of extensions.

use eventkit::event::{AttributeValue, Timestamp, Uri, UriReference};
use eventkit::format::Format;
use eventkit_formats::xml::Xml;
use eventkit_tests::message;
use eventkit_tests::refusal::{assert_invalid, chain};

use super::{decode, encoded, event};

/// The name of each type, a value as text, and the value.
fn types() -> Vec<(&'static str, &'static str, AttributeValue)> {
    let time: Timestamp = "2026-01-31T10:30:00.50+01:00".parse().unwrap();
    vec![
        ("boolean", "true", true.into()),
        ("integer", "-7", (-7).into()),
        ("string", " a &lt; b ", " a < b ".into()),
        ("binary", "AP8=", b"\0\xff".as_slice().into()),
        ("uri", "urn:s", Uri::new("urn:s").unwrap().into()),
        ("uriRef", "../a", UriReference::new("../a").unwrap().into()),
        ("timestamp", "2026-01-31T10:30:00.50+01:00", time.into()),
    ]
}

/// Returns whether two values have the same type.
fn same_type(a: &AttributeValue, b: &AttributeValue) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

#[test]
fn attributes_and_types_are_kept() {
    let event = message::full();
    assert_eq!(decode(&encoded(&event)).unwrap(), event);
    for (_, _, value) in types() {
        let event = message::minimal().extension("n", value.clone());
        let read = decode(&encoded(&event.build().unwrap())).unwrap();
        let read = read.extension("n").unwrap();
        assert!(*read == value && same_type(read, &value), "{read:?}");
    }
}

#[test]
fn each_extension_has_its_type() {
    for (name, text, value) in types() {
        let event = message::minimal().extension("n", value).build().unwrap();
        let element = format!("<ce:n xsi:type=\"ce:{name}\">{text}</ce:n>");
        assert!(encoded(&event).contains(&element), "{}", encoded(&event));
    }
}

#[test]
fn each_type_is_read() {
    for (name, text, value) in types() {
        for ty in [format!("ce:{name}"), format!(" {name}\n")] {
            let element = format!("<n xsi:type=\"{ty}\">{text}</n>");
            let read = decode(&event(&element)).unwrap();
            let read = read.extension("n").unwrap();
            assert!(*read == value && same_type(read, &value), "{read:?}");
        }
    }
}

#[test]
fn white_space_is_part_of_a_string_alone() {
    let read = decode(&event(
        "<time>\n2026-01-31T09:30:00Z </time><n xsi:type=\"ce:integer\"> 7\n</n>\
         <b xsi:type=\"ce:binary\">\nAA\nAA\n</b><subject> x </subject>",
    ));
    let read = read.unwrap();
    assert_eq!(read.subject(), Some(" x "));
    assert_eq!(read.extension("n"), Some(&7.into()));
    assert_eq!(read.extension("b"), Some(&vec![0_u8; 3].into()));
    assert!(read.time().is_some());
}

#[test]
fn an_extension_without_a_type_is_refused() {
    for element in [
        "<n>7</n>",
        "<n xsi:type=\"ce:float\">7</n>",
        "<n xsi:type=\"xs:string\">7</n>",
        "<n type=\"ce:string\">7</n>",
    ] {
        assert_invalid(decode(&event(element)), &[("n", "XML format, 2")]);
    }
}

#[test]
fn a_value_that_is_not_of_its_type_is_refused() {
    for (ty, text) in [
        ("boolean", "1"),
        ("boolean", "True"),
        ("integer", "2147483648"),
        ("integer", "1.0"),
        ("binary", "A"),
        ("uri", "../a"),
        ("uriRef", "a b"),
        ("timestamp", "2026-01-31"),
    ] {
        let element = format!("<n xsi:type=\"ce:{ty}\">{text}</n>");
        assert_invalid(decode(&event(&element)), &[("n", "XML format, 2")]);
    }
}

#[test]
fn a_core_attribute_may_have_its_type_and_no_other() {
    decode(&event("<subject xsi:type=\"ce:string\">x</subject>")).unwrap();
    decode(&event("<dataschema xsi:type=\"ce:uri\">urn:s</dataschema>")).unwrap();
    let read = decode(&event("<subject xsi:type=\"ce:uri\">urn:s</subject>"));
    assert_invalid(read, &[("subject", "XML format, 2")]);
}

#[test]
fn the_version_is_an_attribute_of_the_element() {
    let without = event("").replace(" specversion=\"1.0\"", "");
    assert_invalid(decode(&without), &[("specversion", "core, specversion")]);
    let within = without.replace("<id>", "<specversion>1.0</specversion><id>");
    assert_invalid(
        decode(&within),
        &[
            ("specversion", "XML format, 4"),
            ("specversion", "core, specversion"),
        ],
    );
    let other = event("").replace("\"1.0\"", "\"0.3\"");
    let error = decode(&other).unwrap_err();
    assert_eq!(error.kind(), eventkit::DecodeErrorKind::SpecVersion);
}

#[test]
fn repeated_and_missing_attributes_are_refused() {
    let section = "core, Context Attributes";
    assert_invalid(decode(&event("<id>2</id>")), &[("id", section)]);
    let twice = "<n xsi:type=\"ce:integer\">7</n>".repeat(2);
    assert_invalid(decode(&event(&twice)), &[("n", section)]);
    let missing = event("").replace("<id>1</id>", "");
    assert_invalid(decode(&missing), &[("id", "core, REQUIRED Attributes")]);
    let named = event("<N xsi:type=\"ce:integer\">7</N>");
    assert_invalid(decode(&named), &[("N", "core, Naming Conventions")]);
}

#[test]
fn an_extension_that_is_no_element_name_is_refused_by_the_encoder() {
    let event = message::minimal().extension("1a", 7).build().unwrap();
    let error = Xml.encode(&event).unwrap_err();
    assert!(chain(&error).contains("begins with a digit"), "{error}");
}
