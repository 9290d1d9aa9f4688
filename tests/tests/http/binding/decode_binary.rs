//! Decoding of messages in binary content mode.

use bytes::Bytes;
use eventkit::binding::http::{decode, decode_as, decode_batch, decode_lenient};
use eventkit::event::{Data, DataKind};
use eventkit::{DecodeErrorKind, Event};
use eventkit_tests::message::{content_type, headers, json};
use eventkit_tests::reading::Reading;
use eventkit_tests::refusal::{assert_invalid, assert_refused, chain};
use eventkit_tests::round_trip::assert_survives;
use http::HeaderMap;
use serde_json::Value;

fn body_as(media_type: &str, body: &'static [u8]) -> Event {
    let headers = headers(&[("content-type", media_type)]);
    decode(&headers, Bytes::from_static(body)).unwrap()
}

#[test]
fn every_ce_header_becomes_an_attribute() {
    let headers = headers(&[
        ("Ce-Subject", "x"),
        ("CE-TIME", "2026-01-31T09:30:00.50+01:00"),
        ("ce-dataschema", "urn:s"),
        ("ce-priority", "7"),
        ("Content-Type", "text/plain"),
        ("x-other", "left alone"),
        ("cef-x", "left alone"),
    ]);
    let event = decode(&headers, "hi".into()).unwrap();

    assert_eq!((event.id(), event.source(), event.ty()), ("1", "/s", "t"));
    assert_eq!(event.subject(), Some("x"));
    assert_eq!(
        event.time().unwrap().to_string(),
        "2026-01-31T09:30:00.50+01:00"
    );
    assert_eq!(event.data_schema(), Some("urn:s"));
    assert_eq!(event.extensions().len(), 1);
    assert_eq!(event.extension("priority").unwrap().to_text(), "7");
    assert_eq!(event.data_content_type(), Some("text/plain"));
    assert_eq!(event.data().unwrap().as_bytes(), b"hi");
}

#[test]
fn the_kind_of_the_data_follows_from_the_content_type() {
    for (media_type, body, kind) in [
        ("application/json", &b"[1]"[..], DataKind::Json),
        ("Application/Problem+JSON; v=1", b" 1 ", DataKind::Json),
        ("text/plain", "ä".as_bytes(), DataKind::Text),
        ("application/xml", b"<a/>", DataKind::Text),
        ("text/plain; charset=iso-8859-1", b"a", DataKind::Binary),
        ("text/plain", b"\xff", DataKind::Binary),
        ("image/png", b"a", DataKind::Binary),
        ("application/json-seq", b"\x1e1\n", DataKind::Binary),
    ] {
        let event = body_as(media_type, body);
        assert_eq!(event.data_content_type(), Some(media_type));
        assert_eq!(event.data().unwrap().kind(), kind, "{media_type}");
        assert_eq!(event.data().unwrap().as_bytes(), body);
    }
}

#[test]
fn a_tab_between_the_parts_of_a_content_type_becomes_a_space() {
    let event = body_as("text/plain\t;\tcharset=\"utf-8\";;", b"hi");
    assert_eq!(
        event.data_content_type(),
        Some("text/plain ; charset=\"utf-8\";;")
    );
    assert_eq!(event.data().unwrap().kind(), DataKind::Text);

    // In quotes, a tab is part of the value, and attributes cannot contain it.
    for text in ["a/b; c=\"\t\"", "a/b; c=\"\\\"\t\""] {
        assert_invalid(
            decode(&headers(&[("content-type", text)]), Bytes::new()),
            &[("datacontenttype", "core, datacontenttype")],
        );
    }

    let body = br#"{"specversion":"1.0","id":"1","source":"/s","type":"t"}"#;
    let structured = content_type("application/cloudevents+json\t;;\tcharset=utf-8");
    assert!(decode(&structured, Bytes::from_static(body)).is_ok());
}

#[test]
fn a_body_without_a_content_type_is_binary() {
    let event = decode(&headers(&[]), "[1]".into()).unwrap();

    assert_eq!(event.data_content_type(), None);
    assert_eq!(event.data().unwrap().kind(), DataKind::Binary);
}

#[test]
fn an_empty_body_that_cannot_be_data_means_no_data() {
    assert_eq!(decode(&headers(&[]), Bytes::new()).unwrap().data(), None);
    let event = body_as("application/json", b"");
    assert_eq!(event.data(), None);
    assert_eq!(event.data_content_type(), Some("application/json"));
    assert_eq!(body_as("a/b+JSON; c=d", b"").data(), None);

    let text = body_as("text/plain", b"");
    assert_eq!(text.data().unwrap().as_bytes(), b"");
    assert_eq!(body_as("image/png", b"").data().unwrap().as_bytes(), b"");
}

#[test]
fn a_body_that_is_not_the_declared_json_is_binary_data() {
    for body in ["{", "text", "1 2", "\u{feff}1", " ", "\0"] {
        let headers = headers(&[("content-type", "application/json")]);
        let event = decode(&headers, body.into()).unwrap();
        assert_eq!(event.data(), Some(&Data::binary(body)));
        assert!(event.data().unwrap().is_binary());
        assert_refused(event.data_as::<Value>(), DecodeErrorKind::Data);
        assert_survives(&event);
    }
    let headers = headers(&[("content-type", "application/json"), ("ce-subject", "")]);
    assert_invalid(
        decode(&headers, "{".into()),
        &[("subject", "core, subject")],
    );
}

#[test]
fn a_message_without_ce_headers_is_not_an_event() {
    for headers in [
        HeaderMap::new(),
        content_type("application/json"),
        content_type("text/plain"),
    ] {
        let error = decode(&headers, "{}".into()).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::NotAnEvent);
        assert_eq!(
            chain(&error),
            "not a CloudEvents message: neither an `application/cloudevents` content type nor `ce-` headers"
        );
    }
}

#[test]
fn the_error_for_a_body_with_events_suggests_their_content_type() {
    let event = String::from_utf8(json("").to_vec()).unwrap();
    let end = "which has the content type ";
    for (body, hint) in [
        (
            event.clone(),
            "an event in JSON, which has the content type `application/cloudevents+json`",
        ),
        (
            format!(" \n[{event}]"),
            "a batch in JSON, which has the content type `application/cloudevents-batch+json`",
        ),
        (format!("\"{event}\""), ""),
        (r#"{"version":"1.0"}"#.to_owned(), ""),
    ] {
        for headers in [HeaderMap::new(), content_type("application/json")] {
            let strict = decode(&headers, body.clone().into()).unwrap_err();
            let lenient = decode_lenient(&headers, body.clone().into()).unwrap_err();
            for error in [strict, lenient] {
                assert_eq!(error.kind(), DecodeErrorKind::NotAnEvent);
                let message = error.to_string();
                assert!(message.ends_with(hint), "{message}");
                assert_eq!(message.contains(end), !hint.is_empty(), "{message}");
            }
        }
    }
}

#[test]
fn a_message_with_some_required_headers_lists_the_missing_ones() {
    let section = "core, REQUIRED Attributes";
    let with = |name: &'static str, value: &'static str| {
        HeaderMap::from_iter([(
            http::HeaderName::from_static(name),
            http::HeaderValue::from_static(value),
        )])
    };
    assert_invalid(
        decode(&with("ce-specversion", "1.0"), Bytes::new()),
        &[("id", section), ("source", section), ("type", section)],
    );
    assert_invalid(
        decode(&with("ce-id", "1"), Bytes::new()),
        &[
            ("specversion", "core, specversion"),
            ("source", section),
            ("type", section),
        ],
    );
}

#[test]
fn another_specversion_is_refused_at_once() {
    for version in ["0.3", "0.2", "1.1", "", "1"] {
        let mut headers = headers(&[("ce-subject", "")]);
        headers.insert("ce-specversion", version.parse().unwrap());
        assert_refused(decode(&headers, Bytes::new()), DecodeErrorKind::SpecVersion);
    }
}

#[test]
fn a_duplicate_header_is_refused() {
    let section = "core, Context Attributes";
    for (name, value, attribute) in [
        ("ce-id", "1", "id"),
        ("CE-Source", "/s", "source"),
        ("ce-specversion", "1.0", "specversion"),
        ("ce-type", "t", "type"),
    ] {
        assert_invalid(
            decode(&headers(&[(name, value)]), Bytes::new()),
            &[(attribute, section)],
        );
    }
    assert_invalid(
        decode(&headers(&[("ce-ext", "a"), ("ce-ext", "a")]), Bytes::new()),
        &[("ext", section)],
    );
}

#[test]
fn a_duplicate_content_type_is_refused() {
    for media_types in [
        ["text/plain", "text/plain"],
        ["application/cloudevents+json", "text/plain"],
        ["text/plain", "application/cloudevents+json"],
    ] {
        let headers = headers(&media_types.map(|media_type| ("content-type", media_type)));
        assert_invalid(
            decode(&headers, "{}".into()),
            &[("datacontenttype", "HTTP binding, 3.1.1")],
        );
    }
}

#[test]
fn a_malformed_content_type_is_refused() {
    for media_type in [
        "",
        "json",
        "text/*",
        "text/plain, text/html",
        "text/plain; a",
        "application/cloudevents/json",
        "text/plain; a=\"ä\"",
        " text/plain",
    ] {
        let headers = headers(&[("content-type", media_type)]);
        assert_invalid(
            decode(&headers, "{}".into()),
            &[("datacontenttype", "HTTP binding, 3.1.1")],
        );
    }
}

#[test]
fn a_malformed_content_type_does_not_hide_other_violations() {
    let headers = headers(&[
        ("content-type", "text"),
        ("ce-subject", ""),
        ("ce-dataschema", "#"),
    ]);
    let expected = [
        ("subject", "core, subject"),
        ("dataschema", "core, dataschema"),
        ("datacontenttype", "HTTP binding, 3.1.1"),
    ];
    assert_invalid(decode(&headers, Bytes::new()), &expected);
    assert_invalid(decode_batch(&headers, Bytes::new()), &expected);
    assert_invalid(decode_as::<Reading<()>>(&headers, Bytes::new()), &expected);
}

#[test]
fn a_ce_datacontenttype_header_is_refused() {
    let expected = [("datacontenttype", "HTTP binding, 3.1.1")];

    let headers_without = headers(&[("ce-datacontenttype", "text/plain")]);
    assert_invalid(decode(&headers_without, "a".into()), &expected);
    let headers_with = headers(&[
        ("content-type", "text/plain"),
        ("ce-datacontenttype", "text/plain"),
    ]);
    assert_invalid(decode(&headers_with, "a".into()), &expected);
}

#[test]
fn names_of_extensions_are_checked() {
    for (header, attribute) in [
        ("ce-my-ext", "my-ext"),
        ("ce-my_ext", "my_ext"),
        ("ce-", ""),
        ("ce-data", "data"),
        ("ce-data_base64", "data_base64"),
    ] {
        assert_invalid(
            decode(&headers(&[(header, "x")]), Bytes::new()),
            &[(attribute, "core, Naming Conventions")],
        );
    }
    let headers = headers(&[("CE-MyExt", "x")]);
    let event = decode(&headers, Bytes::new()).unwrap();
    assert_eq!(event.extension("myext").unwrap().to_text(), "x");
}

#[test]
fn empty_and_malformed_values_are_refused_together() {
    let mut headers = headers(&[
        ("ce-subject", ""),
        ("ce-time", "yesterday"),
        ("ce-dataschema", "/s"),
        ("ce-ext", "%"),
        ("ce-free", ""),
    ]);
    headers.insert("ce-source", "a%20b".parse().unwrap());
    headers.insert("ce-type", "".parse().unwrap());
    assert_invalid(
        decode(&headers, Bytes::new()),
        &[
            ("ext", "HTTP binding, 3.1.3.2"),
            ("time", "core, time"),
            ("source", "core, source"),
            ("type", "core, type"),
            ("subject", "core, subject"),
            ("dataschema", "core, dataschema"),
        ],
    );
}

#[test]
fn the_error_for_a_duplicate_header_shows_both_values() {
    for name in ["ce-ext", "ce-subject"] {
        let headers = headers(&[(name, "a"), (name, "%62")]);
        let error = decode(&headers, Bytes::new()).unwrap_err();
        let [violation] = error.violations() else {
            panic!("{error:?}");
        };
        assert_eq!(violation.value(), Some("a"));
        assert!(
            violation.expected().ends_with("again as \"b\""),
            "{violation}"
        );
    }
}
