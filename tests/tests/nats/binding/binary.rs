//! Encoding and decoding in binary content mode (section 3.1).

use bytes::Bytes;
use eventkit::event::{Data, DataKind, Timestamp, Uri, UriReference};
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, Event, Limits};
use eventkit_nats::binding::{Message, decode, decode_as, encode_binary};
use eventkit_tests::message::{full, minimal};
use eventkit_tests::reading::Reading;
use eventkit_tests::refusal::{assert_invalid, assert_refused};

use super::headers;

fn lines(message: &Message) -> Vec<String> {
    let lines = message.headers.iter();
    lines
        .map(|(name, value)| format!("{name}: {value}"))
        .collect()
}

#[test]
fn every_attribute_is_a_header_and_the_data_is_the_body() {
    let event = full();
    let message = encode_binary(&event).unwrap();

    let mut lines = lines(&message);
    lines.sort();
    assert_eq!(
        lines,
        [
            "ce-datacontenttype: application/json",
            "ce-dataschema: urn:s",
            "ce-flag: true",
            "ce-id: 1",
            "ce-priority: 7",
            "ce-source: /s",
            "ce-specversion: 1.0",
            "ce-subject: x",
            "ce-time: 2026-01-31T09:30:00.50+01:00",
            "ce-type: t",
        ]
    );
    assert_eq!(message.body, "[1,2]");
    assert_eq!(decode(&message.headers, message.body).unwrap(), event);
}

#[test]
fn only_attributes_that_are_set_become_headers() {
    let message = encode_binary(&minimal().build().unwrap()).unwrap();

    let expected = [
        "ce-specversion: 1.0",
        "ce-id: 1",
        "ce-source: /s",
        "ce-type: t",
    ];
    assert_eq!(lines(&message), expected);
    assert_eq!(message.body, "");
}

#[test]
fn the_body_shares_the_bytes_of_the_data() {
    let event = minimal().data_bytes(vec![1, 2, 3]).build().unwrap();
    let message = encode_binary(&event).unwrap();
    let at = event.data().unwrap().as_bytes().as_ptr();

    assert_eq!(message.body.as_ptr(), at);
    let back = decode(&message.headers, message.body).unwrap();
    assert_eq!(back.data().unwrap().as_bytes().as_ptr(), at);
}

#[test]
fn header_names_are_case_insensitive() {
    let headers = [
        ("CE-SpecVersion", "1.0"),
        ("Ce-Id", "1"),
        ("cE-SOURCE", "/s"),
        ("ce-TYPE", "t"),
        ("CE-N", "7"),
    ];
    let event = decode(&headers, Bytes::new()).unwrap();

    assert_eq!(event.extension_as::<i32>("n").unwrap(), 7);
}

#[test]
fn a_duplicate_attribute_is_refused_in_any_case() {
    for again in ["ce-id", "CE-ID"] {
        let headers = headers(&[(again, "1")]);
        assert_invalid(
            decode(&headers, Bytes::new()),
            &[("id", "core, Context Attributes")],
        );
    }
    let headers = headers(&[("ce-n", "1"), ("Ce-N", "1")]);
    assert_invalid(
        decode(&headers, Bytes::new()),
        &[("n", "core, Context Attributes")],
    );
}

#[test]
fn the_content_type_is_that_of_the_attribute_or_else_of_the_header() {
    for name in ["Content-Type", "content-type"] {
        let sent = headers(&[(name, "application/json")]);
        let event = decode(&sent, "[1]".into()).unwrap();
        assert_eq!(event.data_content_type(), Some("application/json"));
        assert_eq!(event.data().unwrap().kind(), DataKind::Json);
        let typed: Reading<Vec<u8>> = decode_as(&sent, "[1]".into()).unwrap();
        assert_eq!(typed.data, [1]);
        let event = decode(&sent, "[".into()).unwrap();
        assert!(event.data().unwrap().is_binary());
        let typed = decode_as::<Reading<Vec<u8>>>(&sent, "[".into());
        assert_refused(typed, DecodeErrorKind::Data);

        for sent in [
            [
                ("CE-DataContentType", "text/plain"),
                (name, "application/json"),
            ],
            [
                (name, "application/json"),
                ("ce-datacontenttype", "text/plain"),
            ],
        ] {
            let event = decode(&headers(&sent), "[1]".into()).unwrap();
            assert_eq!(event.data_content_type(), Some("text/plain"));
            assert_eq!(event.data().unwrap().kind(), DataKind::Text);
        }
    }
}

#[test]
fn the_kind_of_the_data_follows_from_its_content_type() {
    for (content_type, kind) in [
        ("application/problem+json", DataKind::Json),
        ("text/plain;%20charset=utf-8", DataKind::Text),
        ("application/octet-stream", DataKind::Binary),
    ] {
        let headers = headers(&[("ce-datacontenttype", content_type)]);
        let event = decode(&headers, "7".into()).unwrap();
        assert_eq!(event.data().unwrap().kind(), kind, "{content_type}");
    }
}

#[test]
fn an_empty_body_that_cannot_be_data_means_no_data() {
    let empty = |headers: &[(&str, &str)]| decode(headers, Bytes::new()).unwrap();

    assert_eq!(empty(&headers(&[])).data(), None);
    let json = headers(&[("ce-datacontenttype", "application/json")]);
    assert_eq!(empty(&json).data(), None);
    let text = headers(&[("ce-datacontenttype", "text/plain")]);
    assert_eq!(empty(&text).data(), Some(&Data::text("")));
}

#[test]
fn all_violations_are_listed_at_once() {
    let headers = [
        ("ce-specversion", "1.0"),
        ("ce-id", ""),
        ("ce-source", "/s"),
        ("ce-datacontenttype", "json"),
        ("ce-with-dash", "x"),
    ];
    let error = decode(&headers, "7".into()).unwrap_err();
    let mut wrong: Vec<&str> = error
        .violations()
        .iter()
        .map(eventkit::event::Violation::attribute)
        .collect();
    wrong.sort_unstable();

    assert_eq!(wrong, ["datacontenttype", "id", "type", "with-dash"]);
}

#[test]
fn a_body_that_is_not_the_declared_json_is_binary_data() {
    let headers = headers(&[("ce-datacontenttype", "application/json")]);
    for body in ["{", "test", "\u{feff}1"] {
        let event = decode(&headers, body.into()).unwrap();
        assert!(event.data().unwrap().is_binary());
        assert_eq!(event.data().unwrap().as_bytes(), body.as_bytes());
    }
}

#[test]
fn another_specversion_is_refused() {
    let headers = [("ce-specversion", "0.3"), ("ce-id", "1")];
    assert_refused(decode(&headers, Bytes::new()), DecodeErrorKind::SpecVersion);
}

#[test]
fn other_headers_are_ignored() {
    let headers = headers(&[("Nats-Msg-Id", "x"), ("traceparent", "y"), ("c", "z")]);
    let event = decode(&headers, Bytes::new()).unwrap();
    assert!(event.extensions().is_empty());
}

#[test]
fn the_limits_apply() {
    let decoder = |limits| eventkit_nats::binding::with_limits(limits);
    let json = headers(&[("ce-datacontenttype", "application/json")]);
    let plain = headers(&[("other", "header")]);
    let default = Limits::DEFAULT;
    for (limits, headers, body) in [
        (default.body_bytes(2), &json, "[1]"),
        (default.headers(4), &plain, ""),
        (default.header_bytes(20), &plain, ""),
        (default.attributes(4), &json, "7"),
        (default.attribute_bytes(10), &json, "7"),
        (default.json_depth(1), &json, "[[]]"),
    ] {
        let result = decoder(limits).decode(headers, body.into());
        assert_refused(result, DecodeErrorKind::TooLarge);
    }
    let structured = [("Content-Type", Json.content_type())];
    let body = Json.encode(&minimal().build().unwrap()).unwrap();
    let result = decoder(default.attributes(3)).decode(&structured, body);
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
    assert_eq!(decode(&message.headers, message.body).unwrap(), event);
}
