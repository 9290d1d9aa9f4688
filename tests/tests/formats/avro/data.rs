//! Data of every kind, and JSON values of other producers.

use eventkit::event::DataKind;
use eventkit::format::Format;
use eventkit::{DecodeErrorKind, Event};
use eventkit_formats::avro::Avro;
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::assert_refused;
use serde_json::{Value, json};

use super::{NONE, decode, entry, long, text};

/// Returns the entry of a content type.
fn content_type(text: &str) -> Vec<u8> {
    entry("datacontenttype", 3, &super::text(text))
}

/// Returns the kind and the text of the data.
fn found(event: &Event) -> (DataKind, &str) {
    let data = event.data().unwrap();
    (data.kind(), std::str::from_utf8(data.as_bytes()).unwrap())
}

#[test]
fn each_kind_has_a_member_of_the_union() {
    let binary = minimal().data_bytes(b"\0\xff").build().unwrap();
    let plain = minimal().data_text("ä").build().unwrap();
    let json = minimal().data_json(&json!({"n": [1, null]})).unwrap();
    for (event, member) in [
        (binary, &b"\x00\x04\0\xff"[..]),
        (plain, &b"\x0c\x04\xc3\xa4"[..]),
        (json.build().unwrap(), b"\x0c\x1c{\"n\":[1,null]}"),
        (minimal().build().unwrap(), NONE),
        (
            minimal().data_content_type("text/plain").build().unwrap(),
            NONE,
        ),
    ] {
        let bytes = Avro.encode(&event).unwrap();
        assert!(bytes.ends_with(member), "{bytes:?}");
        let decoded = Avro.decode(bytes).unwrap();
        assert_eq!(decoded, event);
        let kind = |event: &Event| event.data().map(eventkit::event::Data::kind);
        assert_eq!(kind(&decoded), kind(&event));
    }
}

#[test]
fn data_shares_the_bytes_of_the_record() {
    for builder in [minimal().data_bytes("bytes"), minimal().data_text("text")] {
        let bytes = Avro.encode(&builder.build().unwrap()).unwrap();
        let decoded = Avro.decode(bytes.clone()).unwrap();
        let data = decoded.data().unwrap().as_bytes();
        assert!(bytes.as_ptr_range().contains(&data.as_ptr()));
    }
}

#[test]
fn the_content_type_describes_bytes_and_strings() {
    for member in [&b"\x00"[..], b"\x0c"] {
        for (media_type, data, kind) in [
            ("application/json", "[1]", DataKind::Json),
            ("application/json", "\"a\"", DataKind::Json),
            ("application/json", "a", DataKind::Binary),
            ("text/plain", "[1]", DataKind::Text),
            ("application/xml", "<a/>", DataKind::Text),
        ] {
            let data_field = [member, &text(data)].concat();
            let event = decode(&[content_type(media_type)], &data_field).unwrap();
            assert_eq!(found(&event), (kind, data), "{media_type}");
        }
    }
}

#[test]
fn without_a_content_type_bytes_are_binary_and_strings_json() {
    let event = decode(&[], &[&b"\x00"[..], &text("[1]")].concat()).unwrap();
    assert_eq!(found(&event), (DataKind::Binary, "[1]"));
    assert_eq!(event.data_content_type(), None);
    let event = decode(&[], &[&b"\x0c"[..], &text("[1]")].concat()).unwrap();
    assert_eq!(found(&event), (DataKind::Json, "\"[1]\""));
    assert_eq!(event.data_content_type(), Some("application/json"));
}

/// Returns a record that is an object, with these members.
fn object(members: &[Vec<u8>]) -> Vec<u8> {
    if members.is_empty() {
        return long(0);
    }
    let count = i64::try_from(members.len()).unwrap();
    [long(count), members.concat(), long(0)].concat()
}

#[test]
fn json_values_are_decoded() {
    let double = |value: f64| value.to_le_bytes().to_vec();
    // {"c": {"d": "e"}} as a value of an inner map: a map of records.
    let inner = object(&[entry("d", 5, &text("e"))]);
    let record_map = object(&[[text("c"), inner].concat()]);
    let array = object(&[object(&[entry("x", 4, &double(0.5))]), object(&[])]);
    let record = object(&[
        entry("no", 0, b""),
        entry("flag", 1, b"\x01"),
        entry("map", 2, &record_map),
        entry("list", 3, &array),
        entry("n", 4, &double(-7.0)),
        entry("text", 5, &text("\"é\n")),
    ]);
    let map = object(&[
        entry("no", 0, b""),
        entry("flag", 1, b"\x00"),
        entry("record", 2, &record),
        entry("n", 3, &double(1e300)),
        entry("text", 4, &text("")),
    ]);
    let expected = json!({
        "no": null, "flag": false, "n": 1e300, "text": "",
        "record": {
            "no": null, "flag": true, "map": {"c": {"d": "e"}}, "list": [{"x": 0.5}, {}],
            "n": -7, "text": "\"é\n"
        }
    });
    let records = object(&[object(&[]), record.clone()]);
    for (data, expected) in [
        ([long(3), map].concat(), expected.clone()),
        ([long(4), records].concat(), json!([{}, expected["record"]])),
        ([long(3), long(0)].concat(), json!({})),
        ([long(4), long(0)].concat(), json!([])),
        ([long(2), vec![1]].concat(), json!(true)),
        ([long(2), vec![0]].concat(), json!(false)),
        ([long(5), double(1.5)].concat(), json!(1.5)),
        ([long(5), double(3.0)].concat(), json!(3)),
        (
            [long(5), double(9_007_199_254_740_992.0)].concat(),
            json!(9_007_199_254_740_992_u64),
        ),
        ([long(5), double(1e22)].concat(), json!(1e22)),
        ([long(5), double(-0.0)].concat(), json!(-0.0)),
    ] {
        for entries in [vec![], vec![content_type("application/json")]] {
            let event = decode(&entries, &data).unwrap();
            assert_eq!(event.data_as::<Value>().unwrap(), expected);
            assert_eq!(event.data_content_type(), Some("application/json"));
        }
        // Under another content type, the value is text.
        let event = decode(&[content_type("text/plain")], &data).unwrap();
        let (kind, text) = found(&event);
        assert_eq!(kind, DataKind::Text);
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), expected);
    }
}

#[test]
fn a_double_that_json_cannot_represent_is_refused() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let number = value.to_le_bytes();
        let data = [long(5), number.to_vec()].concat();
        assert_refused(decode(&[], &data), DecodeErrorKind::Malformed);
        let map = object(&[entry("n", 3, &number)]);
        let data = [long(3), map].concat();
        assert_refused(decode(&[], &data), DecodeErrorKind::Malformed);
    }
}
