//! HTTP messages.

use ::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use eventkit::binding::http::{self, Message};
use eventkit::format::Json;
use eventkit::{DecodeErrorKind, LenientEvent};
use eventkit_tests::message::{content_type, headers, json};
use eventkit_tests::refusal::chain;

use super::violations;

/// Decodes a message, and asserts that encoding it returns the same bytes.
#[track_caller]
fn kept(headers: &HeaderMap, body: impl Into<Bytes>) -> LenientEvent {
    let body = body.into();
    let event = http::decode_lenient(headers, body.clone()).unwrap();
    let Message {
        headers: same,
        body: same_body,
    } = http::encode_lenient(&event).unwrap();
    assert_eq!(same, *headers);
    assert_eq!(same_body, body);
    let strict = http::decode(headers, body);
    assert_eq!(strict.is_ok(), event.violations().is_empty());
    event
}

#[test]
fn a_valid_message_is_an_event_and_is_kept_exactly() {
    let headers = headers(&[
        ("ce-subject", "\"a%20b\""),
        ("ce-time", "2026-01-31t09:30:00z"),
        ("content-type", "Text/Plain ; charset=utf-8"),
    ]);
    let event = kept(&headers, "hi");
    assert!(event.violations().is_empty());
    assert_eq!(event.attribute("subject").as_deref(), Some("a b"));

    let message = http::encode_binary_lenient(&event).unwrap();
    assert_eq!(message.headers["ce-subject"], "\"a%20b\"");
    let strict = http::decode(&headers, "hi".into()).unwrap();
    assert_eq!(event.into_event().unwrap(), strict);
}

#[test]
fn a_body_with_a_content_encoding_is_kept_with_its_header() {
    let encoded: &[u8] = b"\x1f\x8b\x08\x00 not to be read";
    for media_type in ["application/json", "text/plain"] {
        let headers = headers(&[
            ("ce-subject", "a%20b"),
            ("content-type", media_type),
            ("content-encoding", "gzip"),
        ]);
        let event = kept(&headers, encoded);
        assert_eq!(
            violations(&event),
            [("Content-Encoding", Some("gzip"), "HTTP binding, 3")]
        );
        assert_eq!(event.attribute("subject").as_deref(), Some("a b"));
        assert!(event.data().is_none());
        assert!(http::encode_binary_lenient(&event).is_ok());
        let error = http::encode_structured_lenient(&event, &Json).unwrap_err();
        assert!(chain(&error).contains("Content-Encoding"), "{error:?}");
    }

    let mut structured = content_type("application/cloudevents+json");
    structured.insert("content-encoding", HeaderValue::from_static("gzip"));
    let event = kept(&structured, encoded);
    assert_eq!(event.attributes().count(), 0);
    assert!(http::encode_binary_lenient(&event).is_err());
    assert!(http::encode_structured_lenient(&event, &Json).is_err());

    let mut batch = content_type("application/cloudevents-batch+json");
    batch.insert("content-encoding", HeaderValue::from_static("gzip"));
    let error = http::decode_batch_lenient(&batch, encoded.into()).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::UnsupportedMediaType);

    let mut identity = headers(&[("content-type", "text/plain")]);
    identity.insert("content-encoding", HeaderValue::from_static("identity"));
    assert!(kept(&identity, "hi").violations().is_empty());
}

#[test]
fn an_event_in_an_unregistered_format_is_kept() {
    for media_type in [
        "application/cloudevents+thrift",
        "application/cloudevents",
        "Application/CloudEvents+Thrift; x=y",
    ] {
        let body: &[u8] = b"\x0c\x00\x01\xff";
        let event = kept(&content_type(media_type), body);
        let essence = media_type.split(';').next().unwrap().to_ascii_lowercase();
        assert_eq!(
            violations(&event),
            [(
                "Content-Type",
                Some(essence.as_str()),
                "HTTP binding, 3.2.1"
            )]
        );
        assert_eq!((event.attributes().count(), event.data()), (0, None));
        for error in [
            http::encode_binary_lenient(&event).unwrap_err(),
            http::encode_structured_lenient(&event, &Json).unwrap_err(),
            http::encode_batch_lenient(&[event], &Json).unwrap_err(),
        ] {
            assert!(chain(&error).contains("no event format"), "{error:?}");
        }
    }
    let event = kept(&content_type("application/cloudevents+thrift; x"), "");
    assert_eq!(event.violations().len(), 2);
}

#[test]
fn only_the_headers_of_the_binding_are_kept() {
    let own = headers(&[("ce-dataschema", "#")]);
    let mut all = own.clone();
    all.insert("host", HeaderValue::from_static("example.com"));
    all.insert("authorization", HeaderValue::from_static("secret"));
    let event = http::decode_lenient(&all, Bytes::new()).unwrap();
    assert_eq!(http::encode_lenient(&event).unwrap().headers, own);
}

#[test]
fn headers_are_kept_with_their_violations() {
    let names = "core, Naming Conventions";
    let percent = "HTTP binding, 3.1.3.2";
    for (name, value, text, section) in [
        ("ce-dataschema", "#", "#", "core, dataschema"),
        ("ce-time", "now", "now", "core, time"),
        ("ce-subject", "", "", "core, subject"),
        ("ce-with-dash", "x", "x", names),
        ("ce-data", "x", "x", names),
        ("ce-ext", "%zz", "%zz", percent),
        ("ce-ext", "\"100%\"", "\"100%\"", percent),
        ("ce-ext", "%C3", "%C3", percent),
        (
            "ce-datacontenttype",
            "text/plain",
            "text/plain",
            "HTTP binding, 3.1.1",
        ),
        ("content-type", "text", "text", "HTTP binding, 3.1.1"),
    ] {
        let event = kept(&headers(&[(name, value)]), "");
        let attribute = match name {
            "content-type" => "datacontenttype",
            _ => name.strip_prefix("ce-").unwrap(),
        };
        assert_eq!(violations(&event), [(attribute, Some(value), section)]);
        assert_eq!(event.attribute(attribute).as_deref(), Some(text), "{name}");
    }
}

#[test]
fn a_header_that_is_not_utf_8_is_kept() {
    let mut headers = headers(&[]);
    headers.insert("ce-ext", HeaderValue::from_bytes(b"\xff").unwrap());
    let event = kept(&headers, "");
    assert_eq!(event.violations()[0].section(), "HTTP binding, 3.1.3.2");
    assert_eq!(event.attribute("ext").as_deref(), Some("\u{fffd}"));
}

#[test]
fn a_duplicate_header_is_kept_twice() {
    let event = kept(
        &headers(&[("ce-ext", "a"), ("ce-ext", "b"), ("ce-id", "2")]),
        "",
    );
    let twice = "core, Context Attributes";
    let mut found = violations(&event);
    found.sort_unstable();
    assert_eq!(found, [("ext", Some("a"), twice), ("id", Some("1"), twice)]);

    let types = [
        ("content-type", "text/plain"),
        ("content-type", "text/html"),
    ];
    let event = kept(&headers(&types), "hi");
    let expected = [("datacontenttype", Some("text/plain"), "HTTP binding, 3.1.1")];
    assert_eq!(violations(&event), expected);
}

#[test]
fn another_or_missing_specversion_does_not_hide_other_violations() {
    let mut headers = headers(&[("ce-dataschema", "#")]);
    let schema = ("dataschema", Some("#"), "core, dataschema");
    headers.insert("ce-specversion", HeaderValue::from_static("0.3"));
    assert_eq!(
        violations(&kept(&headers, "")),
        [("specversion", Some("0.3"), "core, specversion"), schema]
    );
    headers.remove("ce-specversion");
    assert_eq!(
        violations(&kept(&headers, "")),
        [("specversion", None, "core, specversion"), schema]
    );
}

#[test]
fn a_body_that_is_not_the_declared_json_is_kept() {
    let headers = headers(&[("content-type", "application/json"), ("ce-subject", "")]);
    let event = kept(&headers, "{\"a\":");
    assert_eq!(violations(&event), [("subject", Some(""), "core, subject")]);
    assert_eq!(event.data().unwrap().as_bytes(), b"{\"a\":");
}

#[test]
fn a_structured_message_is_kept_without_attributes_in_headers() {
    let headers = content_type("Application/CloudEvents+JSON; charset=UTF-8");
    let body = json(r##" "dataschema" : "#" "##);
    let mut two = headers.clone();
    two.insert("ce-id", HeaderValue::from_static("2"));
    let event = http::decode_lenient(&two, body.clone()).unwrap();
    assert_eq!(event.attribute("id").as_deref(), Some("1"));
    assert_eq!(
        violations(&event),
        [("dataschema", Some("#"), "core, dataschema")]
    );
    let message = http::encode_structured_lenient(&event, &Json).unwrap();
    assert_eq!((message.headers, message.body), (headers, body));
}

#[test]
fn a_structured_message_may_have_a_malformed_content_type() {
    let headers = content_type("application/cloudevents+json; charset");
    let event = kept(&headers, json(""));
    let expected = (
        "datacontenttype",
        Some("application/cloudevents+json; charset"),
        "HTTP binding, 3.1.1",
    );
    assert_eq!(violations(&event), [expected]);
    assert_eq!(event.attribute("id").as_deref(), Some("1"));
    assert!(event.into_event().is_err());
}

#[test]
fn an_event_from_json_is_sent_over_http_unchanged() {
    use eventkit::format::Format;
    let text = json(r#""Ext":"1""#);
    let event = Json.decode_lenient(text.clone()).unwrap();
    let message = http::encode_lenient(&event).unwrap();
    assert_eq!(
        message.headers,
        content_type("application/cloudevents+json")
    );
    assert_eq!(message.body, text);
}
