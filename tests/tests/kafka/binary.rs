//! Encoding and decoding in binary content mode (section 3.2).

use bytes::Bytes;
use eventkit::binding::kafka::{Message, decode, encode_binary, with_limits};
use eventkit::event::{Data, DataKind, Timestamp, Uri, UriReference, Violation};
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, Event, Limits};
use eventkit_tests::message::{self, full, minimal};
use eventkit_tests::refusal::{assert_invalid, assert_refused};

use super::headers;

fn lines(message: &Message) -> Vec<String> {
    let lines = message.headers.iter();
    let mut lines: Vec<String> = lines
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
        .collect();
    lines.sort();
    lines
}

#[test]
fn every_attribute_is_a_header_and_the_data_is_the_value() {
    let event = full();
    let message = encode_binary(&event).unwrap();

    assert_eq!(
        lines(&message),
        [
            "ce_dataschema: urn:s",
            "ce_flag: true",
            "ce_id: 1",
            "ce_priority: 7",
            "ce_source: /s",
            "ce_specversion: 1.0",
            "ce_subject: x",
            "ce_time: 2026-01-31T09:30:00.50+01:00",
            "ce_type: t",
            "content-type: application/json",
        ]
    );
    assert_eq!(message.value.as_deref(), Some(&b"[1,2]"[..]));
    assert_eq!(decode(&message.headers, message.value).unwrap(), event);
}

#[test]
fn the_value_shares_the_bytes_of_the_data() {
    let event = minimal().data_bytes(vec![1, 2, 3]).build().unwrap();
    let message = encode_binary(&event).unwrap();
    let at = event.data().unwrap().as_bytes().as_ptr();

    assert_eq!(message.value.as_ref().map(|value| value.as_ptr()), Some(at));
    let back = decode(&message.headers, message.value).unwrap();
    assert_eq!(back.data().unwrap().as_bytes().as_ptr(), at);
}

#[test]
fn texts_are_utf_8_without_percent_encoding() {
    for text in [
        "Euro € 😀",
        "%41",
        "100 %",
        "\"all\"",
        " a ",
        "\u{10fffd}",
        "",
    ] {
        let event = minimal().extension("x", text).build().unwrap();
        let message = encode_binary(&event).unwrap();
        assert_eq!(message.header("ce_x"), Some(text.as_bytes()));
        assert_eq!(decode(&message.headers, message.value).unwrap(), event);
    }
}

#[test]
fn a_value_that_is_not_text_of_an_attribute_is_refused() {
    for (value, section) in [
        (&b"\xff"[..], "Kafka binding, 3.2.3"),
        (b"a\xc3", "Kafka binding, 3.2.3"),
        (b"\xed\xa0\x80", "Kafka binding, 3.2.3"),
        (b"\0", "core, Type System"),
        (b"a\tb", "core, Type System"),
        (b"\xef\xbf\xbf", "core, Type System"),
    ] {
        let mut headers = headers(&[]);
        headers.push(("ce_x", value));
        assert_invalid(decode(&headers, None), &[("x", section)]);
    }
    let mut headers = headers(&[]);
    headers.push(("content-type", b"text/\xff"));
    let expected = [("datacontenttype", "Kafka binding, 3.2.1")];
    assert_invalid(decode(&headers, None), &expected);
}

#[test]
fn names_of_headers_match_in_any_case() {
    let headers = [
        ("CE_SpecVersion", "1.0"),
        ("Ce_Id", "1"),
        ("cE_SOURCE", "/s"),
        ("ce_TYPE", "t"),
        ("CE_N", "7"),
        ("Content-Type", "text/plain"),
    ];
    let event = decode(&headers, Some("x".into())).unwrap();

    assert_eq!(event.extension_as::<i32>("n").unwrap(), 7);
    assert_eq!(event.data_content_type(), Some("text/plain"));
}

#[test]
fn a_name_that_occurs_twice_is_refused_in_any_case() {
    for (first, again, attribute) in [
        ("ce_subject", "ce_subject", "subject"),
        ("ce_subject", "CE_Subject", "subject"),
        ("ce_n", "Ce_N", "n"),
        ("content-type", "Content-Type", "datacontenttype"),
    ] {
        let headers = headers(&[(first, "a/b"), (again, "a/b")]);
        let expected = [(attribute, "core, Context Attributes")];
        assert_invalid(decode(&headers, None), &expected);
    }
}

#[test]
fn the_content_type_of_the_data_has_one_header() {
    let headers = headers(&[("ce_datacontenttype", "text/plain")]);
    let expected = [("datacontenttype", "Kafka binding, 3.2.1")];
    assert_invalid(decode(&headers, None), &expected);
}

#[test]
fn the_kind_of_the_data_follows_from_its_content_type() {
    for (content_type, kind) in [
        ("application/problem+json", DataKind::Json),
        ("text/plain; charset=utf-8", DataKind::Text),
        ("text/plain;\tcharset=utf-8", DataKind::Text),
        ("application/octet-stream", DataKind::Binary),
    ] {
        let headers = headers(&[("content-type", content_type)]);
        let event = decode(&headers, Some("7".into())).unwrap();
        assert_eq!(event.data().unwrap().kind(), kind, "{content_type}");
    }
    let event = decode(&headers(&[]), Some("7".into())).unwrap();
    assert!(event.data().unwrap().is_binary());
}

#[test]
fn json_and_text_that_their_content_type_does_not_describe_are_binary_data() {
    for (content_type, value) in [
        ("application/json", &b"{"[..]),
        ("application/json", b"\xef\xbb\xbf1"),
        ("text/plain", b"\xff"),
    ] {
        let headers = headers(&[("content-type", content_type)]);
        let event = decode(&headers, Some(value.into())).unwrap();
        assert!(event.data().unwrap().is_binary());
        assert_eq!(event.data().unwrap().as_bytes(), value);
    }
}

#[test]
fn an_event_without_data_has_the_null_value() {
    for builder in [
        minimal(),
        minimal().data_content_type("text/plain"),
        minimal().data_content_type("application/json"),
    ] {
        let event = builder.build().unwrap();
        let message = encode_binary(&event).unwrap();
        assert_eq!(message.value, None);
        assert_eq!(decode(&message.headers, None).unwrap().data(), None);
    }
}

#[test]
fn empty_data_is_an_empty_value() {
    let text = minimal().data_text("").build().unwrap();
    let bytes = minimal().data_bytes("").build().unwrap();
    for event in [text, bytes] {
        let message = encode_binary(&event).unwrap();
        assert_eq!(message.value.as_deref(), Some(&b""[..]));
        assert_eq!(decode(&message.headers, message.value).unwrap(), event);
    }
    let empty = |headers: &[(&str, &[u8])]| decode(headers, Some(Bytes::new())).unwrap();
    let text = headers(&[("content-type", "text/plain")]);
    assert_eq!(empty(&text).data(), Some(&Data::text("")));
    // Other SDKs send an event without data so.
    assert_eq!(empty(&headers(&[])).data(), None);
    let json = headers(&[("content-type", "application/json")]);
    assert_eq!(empty(&json).data(), None);
}

#[test]
fn all_violations_are_listed_at_once() {
    let headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", ""),
        ("ce_source", "/s"),
        ("content-type", "json"),
        ("ce_with-dash", "x"),
        ("ce_", "x"),
    ];
    let error = decode(&headers, Some("7".into())).unwrap_err();
    let wrong = error.violations().iter();
    let mut wrong: Vec<&str> = wrong.map(Violation::attribute).collect();
    wrong.sort_unstable();

    assert_eq!(wrong, ["", "datacontenttype", "id", "type", "with-dash"]);
}

#[test]
fn another_specversion_is_refused() {
    let headers = [("ce_specversion", "0.3"), ("ce_id", "1")];
    assert_refused(decode(&headers, None), DecodeErrorKind::SpecVersion);
}

#[test]
fn other_headers_are_ignored() {
    let headers = headers(&[
        ("traceparent", "y"),
        ("ce-n", "7"),
        ("c", "z"),
        ("", "\u{1}"),
    ]);
    let event = decode(&headers, None).unwrap();
    assert!(event.extensions().is_empty());
}

#[test]
fn the_limits_apply() {
    let json = headers(&[("content-type", "application/json")]);
    let plain = headers(&[("other", "header")]);
    let default = Limits::DEFAULT;
    for (limits, headers, value) in [
        (default.body_bytes(2), &json, "[1]"),
        (default.headers(4), &plain, ""),
        (default.header_bytes(20), &plain, ""),
        (default.attributes(4), &json, "7"),
        (default.attribute_bytes(10), &json, "7"),
        (default.json_depth(1), &json, "[[]]"),
    ] {
        let result = with_limits(limits).decode(headers, Some(value.into()));
        assert_refused(result, DecodeErrorKind::TooLarge);
    }
    let structured = [("content-type", Json.content_type())];
    let result = with_limits(default.attributes(3)).decode(&structured, Some(message::json("")));
    assert_refused(result, DecodeErrorKind::TooLarge);
}

#[test]
fn extensions_of_every_type_are_decoded_equal() {
    let event = Event::builder()
        .source("/s")
        .ty("t")
        .extension("flag", false)
        .extension("number", -7)
        .extension("text", "Euro € 😀 \"%\"")
        .extension("binary", vec![0_u8, 255])
        .extension("uri", "https://example.com/a?b".parse::<Uri>().unwrap())
        .extension("ref", "../a".parse::<UriReference>().unwrap())
        .extension("at", "2026-01-31T09:30:00Z".parse::<Timestamp>().unwrap())
        .build()
        .unwrap();
    let message = encode_binary(&event).unwrap();
    assert_eq!(message.header("ce_binary"), Some(&b"AP8="[..]));
    assert_eq!(decode(&message.headers, message.value).unwrap(), event);
}

#[test]
fn a_content_type_that_would_change_the_mode_is_refused() {
    // No builder creates an event that contains an event, but the JSON format does.
    for content_type in ["application/cloudevents+json", "Application/CloudEvents"] {
        let members = format!(r#""datacontenttype":"{content_type}","data_base64":"e30=""#);
        let event = Json.decode(message::json(&members)).unwrap();
        let error = encode_binary(&event).unwrap_err();
        assert!(error.to_string().contains("datacontenttype"), "{error}");
    }
}
