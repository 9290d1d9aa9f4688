//! Decoding a message directly into a type gives the same result as decoding an event first.

use bytes::Bytes;
use eventkit::binding::http::{decode, decode_as};
use eventkit::{CloudEvent, DecodeErrorKind};
use eventkit_tests::message::{content_type, headers, json};
use eventkit_tests::reading::{Reading, assert_agree};
use eventkit_tests::refusal::{assert_invalid, assert_refused};
use http::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Asserts that both ways give the same result, and returns whether it is a value.
#[track_caller]
fn agreed<D>(headers: &HeaderMap, body: impl Into<Bytes>) -> bool
where
    D: std::fmt::Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let body = body.into();
    assert_agree::<D>(
        decode_as(headers, body.clone()),
        decode(headers, body.clone()).and_then(|event| Reading::from_event(&event)),
        &(headers, body),
    )
}

#[test]
fn attributes_and_data_are_decoded_from_headers_and_body() {
    let headers = headers(&[
        ("ce-subject", "a%20b"),
        ("ce-time", "2026-01-31t09:30:00.50z"),
        ("ce-n", "7"),
        ("ce-zone", "eu"),
        ("content-type", "Application/JSON"),
    ]);
    let read: Reading<Vec<u8>> = decode_as(&headers, "[1]".into()).unwrap();

    assert_eq!(
        read,
        Reading {
            id: "1".into(),
            source: "/s".into(),
            subject: Some("a b".into()),
            time: Some("2026-01-31T09:30:00.50Z".into()),
            content_type: Some("Application/JSON".into()),
            n: Some(7),
            zone: Some("eu".into()),
            data: vec![1],
        }
    );
    assert!(agreed::<Vec<u8>>(&headers, "[1]"));
}

#[test]
fn bodies_are_decoded_both_ways() {
    let with = |media_type: &str| headers(&[("content-type", media_type)]);

    assert!(agreed::<Value>(&headers(&[]), "[1]"));
    assert!(!agreed::<Value>(&headers(&[]), "text"));
    assert!(agreed::<Option<u8>>(&headers(&[]), ""));
    assert!(agreed::<()>(&headers(&[]), ""));
    assert!(!agreed::<u8>(&headers(&[]), ""));

    assert!(agreed::<Option<u8>>(&with("application/json"), ""));
    assert!(agreed::<Option<u8>>(&with("application/json"), "null"));
    assert!(!agreed::<u8>(&with("application/json"), "null"));
    assert!(!agreed::<u8>(&with("application/json"), "256"));
    assert!(!agreed::<u8>(&with("application/json"), "{"));
    assert!(!agreed::<u8>(&with("application/json"), "1 1"));
    assert!(!agreed::<u8>(
        &with("application/json"),
        Bytes::from_static(b"\xff")
    ));
    assert!(!agreed::<String>(&with("application/json"), "\"\\ud800\""));

    assert!(agreed::<String>(&with("text/plain"), ""));
    assert!(agreed::<u8>(&with("text/plain"), "7"));
    assert!(!agreed::<String>(
        &with("text/plain"),
        Bytes::from_static(b"\xff")
    ));
    assert!(!agreed::<String>(&with("text/plain; charset=latin1"), "a"));
    assert!(agreed::<Vec<u8>>(&with("application/octet-stream"), "ab"));
    assert!(agreed::<Vec<u8>>(&with("image/png"), "ab"));
    assert!(!agreed::<u8>(&with("image/png"), "7"));
}

#[test]
fn a_body_that_is_not_the_declared_json_is_refused() {
    let headers = headers(&[("content-type", "application/json")]);
    for body in ["{", "text", "1 2", "\u{feff}1", " ", "[1,]", "\"a"] {
        assert_refused(
            decode_as::<Reading<Value>>(&headers, body.into()),
            DecodeErrorKind::Data,
        );
        assert!(!agreed::<Value>(&headers, body));
        assert!(!agreed::<u8>(&headers, body));
    }
    assert_refused(
        decode_as::<Reading<u8>>(&headers, "[1]".into()),
        DecodeErrorKind::Data,
    );
}

#[test]
fn a_message_that_is_not_an_event_is_refused_both_ways() {
    for header in [
        ("ce-subject", ""),
        ("ce-subject", "%zz"),
        ("ce-id", "2"),
        ("ce-time", "now"),
        ("ce-my-ext", "x"),
        ("ce-n", "\"7"),
        ("ce-datacontenttype", "text/plain"),
        ("content-type", "nonsense"),
        ("ce-dataschema", "s"),
        ("ce-zone", "%00"),
    ] {
        let headers = headers(&[header]);
        assert!(!agreed::<Option<u8>>(&headers, ""), "{header:?}");
        assert_refused(
            decode_as::<Reading<Option<u8>>>(&headers, Bytes::new()),
            DecodeErrorKind::Invalid,
        );
    }
    assert!(!agreed::<()>(&HeaderMap::new(), ""));
    assert!(!agreed::<()>(&content_type("text/plain"), ""));
}

#[test]
fn an_attribute_that_does_not_fit_its_field_is_refused_both_ways() {
    let headers = headers(&[("ce-n", "seven")]);

    assert!(!agreed::<()>(&headers, ""));
    assert_invalid(
        decode_as::<Reading<()>>(&headers, Bytes::new()),
        &[("n", "as the Rust type requires")],
    );
}

#[test]
fn another_type_or_version_is_refused_both_ways() {
    let mut other = headers(&[]);
    other.insert("ce-type", "u".parse().unwrap());
    assert!(!agreed::<()>(&other, ""));
    assert_refused(
        decode_as::<Reading<()>>(&other, Bytes::new()),
        DecodeErrorKind::UnexpectedType,
    );

    other.insert("ce-specversion", "0.3".parse().unwrap());
    assert!(!agreed::<()>(&other, ""));
    assert_refused(
        decode_as::<Reading<()>>(&other, Bytes::new()),
        DecodeErrorKind::SpecVersion,
    );
}

#[test]
fn the_other_modes_are_decoded_both_ways() {
    let structured = content_type("Application/CloudEvents+JSON; charset=utf-8");
    assert!(agreed::<u8>(&structured, json(r#""data":7"#)));
    assert!(!agreed::<u8>(&structured, json(r#""data":[]"#)));
    assert!(!agreed::<u8>(&structured, "["));

    let batched = content_type("application/cloudevents-batch+json");
    assert!(!agreed::<u8>(&batched, "[]"));
    let avro = content_type("application/cloudevents+avro");
    assert!(!agreed::<u8>(&avro, json(r#""data":7"#)));
}

#[test]
fn a_type_without_data_ignores_data_both_ways() {
    #[derive(Debug, PartialEq, CloudEvent)]
    #[cloudevent(type = "t", source = "/s")]
    struct Ping;

    for (media_type, body) in [
        ("application/json", &b""[..]),
        ("application/json", b"[1e999]"),
        ("application/json", b"{"),
        ("text/plain", b"\xff"),
        ("text/plain; charset=latin1", b"\xff"),
        ("application/x-unknown", b"\xff"),
    ] {
        let headers = headers(&[("content-type", media_type)]);
        let body = Bytes::from_static(body);
        let event = decode(&headers, body.clone()).unwrap();
        assert_eq!(Ping::try_from(&event).unwrap(), Ping);
        assert_eq!(decode_as::<Ping>(&headers, body).unwrap(), Ping);
    }
}

#[test]
fn a_message_without_a_type_has_all_violations_for_an_enum() {
    #[derive(Debug)]
    struct Any;

    impl CloudEvent for Any {
        const TYPES: &'static [&'static str] = &["t", "u"];

        fn event_type(&self) -> &'static str {
            "t"
        }

        fn event_builder(&self) -> Result<eventkit::EventBuilder, eventkit::EncodeError> {
            Ok(eventkit::Event::builder().source("/s").ty("t"))
        }

        fn from_reader(
            source: &mut dyn eventkit::EventReader,
        ) -> Result<Self, eventkit::DecodeError> {
            eventkit::__private::position(source, Self::TYPES).map(|_| Self)
        }
    }

    let mut headers = headers(&[("ce-subject", "")]);
    headers.remove("ce-type");
    assert_invalid(
        decode_as::<Any>(&headers, Bytes::new()),
        &[
            ("type", "core, REQUIRED Attributes"),
            ("subject", "core, subject"),
        ],
    );
    headers.insert("ce-specversion", "0.3".parse().unwrap());
    assert_refused(
        decode_as::<Any>(&headers, Bytes::new()),
        DecodeErrorKind::SpecVersion,
    );
}
