//! Encoding of events in binary content mode, and round trips.

use bytes::Bytes;
use eventkit::binding::http::{Message, decode, encode_binary};
use eventkit::event::{Data, Timestamp, Uri, UriReference};
use eventkit::format::{Format, Json};
use eventkit::{Event, Limits};
use eventkit_tests::message::{full, json, minimal};

/// Returns the headers of a message as sorted lines.
fn lines(message: &Message) -> Vec<String> {
    let mut lines: Vec<String> = message
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines
}

#[test]
fn every_attribute_is_a_header_and_the_data_is_the_body() {
    let message = encode_binary(&full()).unwrap();

    assert_eq!(
        lines(&message),
        [
            "ce-dataschema: urn:s",
            "ce-flag: true",
            "ce-id: 1",
            "ce-priority: 7",
            "ce-source: /s",
            "ce-specversion: 1.0",
            "ce-subject: x",
            "ce-time: 2026-01-31T09:30:00.50+01:00",
            "ce-type: t",
            "content-type: application/json",
        ]
    );
    assert_eq!(message.body, "[1,2]");
}

#[test]
fn only_attributes_that_are_set_become_headers() {
    let message = encode_binary(&minimal().build().unwrap()).unwrap();

    assert_eq!(
        lines(&message),
        [
            "ce-id: 1",
            "ce-source: /s",
            "ce-specversion: 1.0",
            "ce-type: t"
        ]
    );
    assert_eq!(message.body, "");
}

#[test]
fn the_body_shares_the_bytes_of_the_data() {
    let event = minimal().data_bytes(vec![1, 2, 3]).build().unwrap();
    let message = encode_binary(&event).unwrap();

    assert_eq!(
        message.body.as_ptr(),
        event.data().unwrap().as_bytes().as_ptr()
    );
    let back = decode(&message.headers, message.body.clone()).unwrap();
    assert_eq!(
        back.data().unwrap().as_bytes().as_ptr(),
        message.body.as_ptr()
    );
}

#[test]
fn the_content_type_is_not_percent_encoded() {
    let content_type = "text/plain; charset=\"utf-8\"; title=\"100% a\\\"b\"";
    let event = minimal().data_content_type(content_type).data_text("a");
    let message = encode_binary(&event.build().unwrap()).unwrap();

    assert_eq!(message.headers["content-type"], content_type);
    let back = decode(&message.headers, message.body).unwrap();
    assert_eq!(back.data_content_type(), Some(content_type));
}

#[test]
fn a_content_type_of_whole_events_is_an_error_in_binary_mode() {
    for content_type in [
        "application/cloudevents+json",
        "Application/CloudEvents-Batch+JSON; charset=utf-8",
    ] {
        let event = minimal().data_content_type(content_type).data_text("[]");
        let error = event.build().unwrap_err();
        assert_eq!(error.violations()[0].attribute(), "datacontenttype");

        let members = format!(r#""datacontenttype":"{content_type}","data":[]"#);
        let event = Json.decode(json(&members)).unwrap();
        let error = encode_binary(&event).unwrap_err();
        let expected = "the attribute `datacontenttype` does not fit into a header of the binding";
        assert_eq!(error.to_string(), expected);
        assert_eq!(Json.decode(Json.encode(&event).unwrap()).unwrap(), event);
    }
}

#[test]
fn a_content_type_with_a_final_semicolon_is_kept() {
    for (content_type, kept) in [
        ("text/plain;", "text/plain;"),
        (
            "text/plain; charset=utf-8 ; ",
            "text/plain; charset=utf-8 ;",
        ),
    ] {
        let event = minimal().data_content_type(content_type);
        let event = event.data_text("hi").build().unwrap();
        let message = encode_binary(&event).unwrap();
        assert_eq!(message.headers["content-type"], kept);
        let received = decode(&message.headers, message.body).unwrap();
        assert_eq!(received.data_content_type(), Some(kept));
        assert_eq!(received, event);
    }
}

#[test]
fn json_text_is_a_json_string_in_the_body() {
    let event = minimal().data_json("I'm a string").unwrap();
    let message = encode_binary(&event.build().unwrap()).unwrap();

    assert_eq!(message.body, "\"I'm a string\"");
}

#[test]
fn an_encoded_event_is_decoded_to_an_equal_one() {
    let at: Timestamp = "2026-01-31T09:30:00.10-02:30".parse().unwrap();
    let everything = minimal()
        .id("\"\\ 😀%41")
        .source("/a%20b?c#d")
        .ty("a b")
        .subject("Euro € 😀")
        .time(at)
        .data_schema("urn:s?%20")
        .extension("at", at)
        .extension("bin", Bytes::from_static(b"\0\xff"))
        .extension("empty", "")
        .extension("flag", false)
        .extension("min", i32::MIN)
        .extension("ref", UriReference::new("../a?b").unwrap())
        .extension("spaces", "  a  ")
        .extension("uri", Uri::new("urn:a%20b").unwrap());
    for builder in [
        minimal(),
        minimal().data_content_type("application/json"),
        everything.clone(),
        everything.clone().data_text("a\n\0"),
        everything.clone().data_text(""),
        everything.clone().data_bytes(&[0, 255]),
        everything.clone().data_json(&()).unwrap(),
        everything.clone().data_json("text").unwrap(),
        everything
            .clone()
            .data_content_type("image/png")
            .data_bytes(&[]),
        everything.data_content_type("a/b+json").data_text(" [1] "),
        Event::builder().source("/s").ty("t"),
    ] {
        let event = builder.build().unwrap();
        let message = encode_binary(&event).unwrap();
        let back = decode(&message.headers, message.body).unwrap();
        assert_eq!(back, event);
        if event.data_content_type() != Some("image/png") {
            assert_eq!(back.data().map(Data::kind), event.data().map(Data::kind));
        }
    }
}

#[test]
fn extensions_are_decoded_as_strings_and_read_as_their_types() {
    let event = minimal()
        .extension("n", 7)
        .extension("b", true)
        .extension("bin", vec![0, 255])
        .build()
        .unwrap();
    let message = encode_binary(&event).unwrap();
    let back = decode(&message.headers, message.body).unwrap();

    for name in ["n", "b", "bin"] {
        assert!(matches!(
            back.extension(name),
            Some(eventkit::event::AttributeValue::String(_))
        ));
    }
    assert_eq!(back.extension_as::<i32>("n").unwrap(), 7);
    assert!(back.extension_as::<bool>("b").unwrap());
    assert_eq!(back.extension_as::<Vec<u8>>("bin").unwrap(), [0, 255]);
    assert_eq!(back, event);
}

#[test]
fn an_event_with_too_many_extensions_for_headers_is_an_error() {
    let members: Vec<String> = (0..40_000).map(|n| format!(r#""e{n}":1"#)).collect();
    let bytes = eventkit_tests::message::json(&members.join(","));
    let event = Json.with_limits(Limits::UNLIMITED).decode(bytes).unwrap();

    let error = encode_binary(&event).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the event has more attributes than fit into headers"
    );
}

#[test]
fn a_name_too_long_for_a_header_is_an_error() {
    let event = minimal().extension("a".repeat(70_000), 1).build().unwrap();

    let shown = "a".repeat(60);
    assert_eq!(
        encode_binary(&event).unwrap_err().to_string(),
        format!("the attribute `{shown}…` does not fit into a header of the binding")
    );
}
