//! Data: its bytes, and how its kind follows from the content type.

use bytes::Bytes;
use eventkit::event::{Data, DataKind};
use eventkit::{Event, EventBuilder};
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::assert_violations;

/// Returns the kind and the content type of the data of a built event.
fn settled(builder: EventBuilder) -> (DataKind, Option<String>) {
    let event = builder.build().unwrap();
    let content_type = event.data_content_type().map(str::to_owned);
    (event.data().unwrap().kind(), content_type)
}

#[test]
fn data_without_a_content_type_gets_the_one_of_its_kind() {
    let json = minimal().data_json(&1).unwrap();
    assert_eq!(
        settled(json),
        (DataKind::Json, Some("application/json".into()))
    );
    assert_eq!(
        settled(minimal().data_text("a")),
        (DataKind::Text, Some("text/plain; charset=utf-8".into()))
    );
    assert_eq!(settled(minimal().data_bytes("a")), (DataKind::Binary, None));
}

#[test]
fn json_under_another_content_type_becomes_text() {
    let builder = minimal().data_content_type("text/csv").data_json(&"a,b");
    let event = builder.unwrap().build().unwrap();

    let data = event.data().unwrap();
    assert_eq!(data.kind(), DataKind::Text);
    assert_eq!(data.as_bytes(), b"\"a,b\"");
}

#[test]
fn text_under_a_json_content_type_must_be_json() {
    let builder = || minimal().data_content_type("application/vnd.x+json");

    assert_eq!(
        settled(builder().data_text("[1]")),
        (DataKind::Json, Some("application/vnd.x+json".into()))
    );
    for text in ["", "{", "hello", "1 2", "\u{feff}1", "nul", "01"] {
        assert_violations(
            builder().data_text(text).build(),
            &[("data", "JSON format, 3.1.1")],
        );
    }
}

#[test]
fn bytes_are_binary_under_every_content_type() {
    for content_type in ["application/json", "text/plain", "image/png"] {
        let builder = minimal().data_content_type(content_type).data_bytes("{");
        assert_eq!(
            settled(builder),
            (DataKind::Binary, Some(content_type.into()))
        );
    }
}

#[test]
fn json_data_is_one_json_value_in_utf_8() {
    for json in [
        "null",
        " [1] ",
        "\"\\ud800\"",
        "1e999",
        "\n0",
        "{\"a\":1,\"a\":2}",
    ] {
        assert_eq!(Data::json(json).unwrap().as_str(), Some(json));
    }
    for bytes in [
        &b""[..],
        b"{",
        b"[1,]",
        b"1 2",
        b"\xef\xbb\xbf1",
        b"\"\xff\"",
        b"\"\n\"",
    ] {
        assert!(
            Data::json(Bytes::copy_from_slice(bytes)).is_err(),
            "{bytes:?}"
        );
    }
}

#[test]
fn unlimited_nesting_does_not_overflow_the_stack() {
    let depth = 100_000;
    let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));

    assert_eq!(Data::json(nested.clone()).unwrap().as_str(), Some(&*nested));
    assert!(Data::json("[".repeat(depth)).is_err());
}

#[test]
fn the_kind_determines_how_the_data_can_be_read() {
    let (json, text, bytes) = (Data::json("1").unwrap(), Data::text("a"), Data::binary("a"));

    assert!(json.is_json() && !json.is_text() && !json.is_binary());
    assert!(text.is_text() && !text.is_json() && !text.is_binary());
    assert!(bytes.is_binary() && !bytes.is_json() && !bytes.is_text());
    assert_eq!(json.as_str(), Some("1"));
    assert_eq!(text.as_str(), Some("a"));
    assert_eq!(bytes.as_str(), None);
}

#[test]
fn owned_bytes_are_not_copied() {
    let bytes = Bytes::from(vec![1, 2, 3]);
    let event = minimal().data_bytes(bytes.clone()).build().unwrap();

    assert_eq!(event.data().unwrap().bytes().as_ptr(), bytes.as_ptr());
}

#[test]
fn every_type_of_bytes_is_accepted() {
    let data = |builder: EventBuilder| -> Event { builder.build().unwrap() };

    let expected = data(minimal().data_bytes(Bytes::from_static(b"ab")));
    assert_eq!(data(minimal().data_bytes("ab")), expected);
    assert_eq!(data(minimal().data_bytes(b"ab")), expected);
    assert_eq!(data(minimal().data_bytes(&b"ab"[..])), expected);
    assert_eq!(data(minimal().data_bytes(b"ab".to_vec())), expected);
    assert_eq!(data(minimal().data_bytes("ab".to_owned())), expected);
}

#[test]
fn the_data_of_an_event_can_be_set_on_another_event() {
    let one = minimal().data_json(&[1]).unwrap().build().unwrap();
    let data = one.data().unwrap().clone();
    let other = minimal().id("2").data(data).build().unwrap();

    assert_eq!(other.data_content_type(), Some("application/json"));
    assert_eq!(other.data(), one.data());
}

#[test]
fn setting_data_replaces_the_previous_data() {
    let event = minimal().data_text("a").data_json(&1).unwrap();

    assert_eq!(event.build().unwrap().data().unwrap().as_bytes(), b"1");
}

#[test]
fn a_value_without_a_json_form_is_an_encode_error() {
    use std::collections::BTreeMap;

    let keyed_by_a_list = BTreeMap::from([(vec![1], 2)]);
    let error = minimal().data_json(&keyed_by_a_list).unwrap_err();
    assert_eq!(error.to_string(), "failed to encode the data");
    assert_eq!(error.as_build_error(), None);
}
