//! Edge cases of the HTTP binding: modes, headers and their values.

use bytes::Bytes;
use eventkit::binding::http;
use eventkit::{DecodeErrorKind, Event};
use eventkit_tests::message::{content_type, headers, json, minimal};
use eventkit_tests::refusal::{assert_invalid, assert_refused};

fn subject(value: &str) -> Result<Event, eventkit::DecodeError> {
    http::decode(&headers(&[("ce-subject", value)]), Bytes::new())
}

#[test]
fn space_quote_percent_and_non_printable_ascii_are_percent_encoded() {
    let event = minimal().subject("Euro € 😀 \"100%\" ~!").build().unwrap();
    let message = http::encode_binary(&event).unwrap();

    assert_eq!(
        message.headers["ce-subject"],
        "Euro%20%E2%82%AC%20%F0%9F%98%80%20%22100%25%22%20~!"
    );
    assert_eq!(http::decode(&message.headers, message.body).unwrap(), event);
}

#[test]
fn a_header_value_is_unquoted_before_it_is_percent_decoded() {
    let event = subject(r#""a \"b\" \\ %22c%22 \%20""#).unwrap();

    assert_eq!(event.subject(), Some("a \"b\" \\ \"c\"  "));
}

#[test]
fn a_header_value_is_percent_decoded_once() {
    assert_eq!(subject("%2541").unwrap().subject(), Some("%41"));
    assert_eq!(subject("%e2%82%ac%41").unwrap().subject(), Some("€A"));
}

#[test]
fn encoded_bytes_that_are_not_utf_8_are_an_error() {
    for value in ["%C0%A0", "%FF", "%E2%82", "%ED%A0%80"] {
        assert_invalid(subject(value), &[("subject", "HTTP binding, 3.1.3.2")]);
    }
}

#[test]
fn the_mode_is_detected_case_insensitively() {
    let structured = content_type("APPLICATION/CloudEvents+Json; charset=utf-8");
    assert_eq!(
        http::decode(&structured, json("")).unwrap(),
        minimal().build().unwrap()
    );
    let batched = content_type("Application/CloudEvents-BATCH+json");
    assert_eq!(http::decode_batch(&batched, "[]".into()).unwrap(), []);
}

#[test]
fn the_prefix_of_a_batch_is_tested_before_that_of_an_event() {
    let headers = content_type("application/cloudevents-batch+json");

    assert_refused(
        http::decode(&headers, json("")),
        DecodeErrorKind::NotAnEvent,
    );
    let body = Bytes::from([b"[", &json("")[..], b"]"].concat());
    assert_eq!(http::decode_batch(&headers, body).unwrap().len(), 1);
}

#[test]
fn structured_mode_is_tested_before_ce_headers() {
    let headers = headers(&[
        ("content-type", "application/cloudevents+json"),
        ("ce-subject", "of the headers"),
    ]);
    let event = http::decode(&headers, json(r#""subject":"of the body""#)).unwrap();

    assert_eq!(event.subject(), Some("of the body"));
}

#[test]
fn an_unknown_event_format_is_not_binary_mode() {
    let headers = headers(&[("content-type", "application/cloudevents+avro")]);

    assert_refused(
        http::decode(&headers, Bytes::new()),
        DecodeErrorKind::UnsupportedMediaType,
    );
}

#[test]
fn a_ce_datacontenttype_header_is_forbidden() {
    let section = "HTTP binding, 3.1.1";
    assert_invalid(
        http::decode(
            &headers(&[("ce-datacontenttype", "text/plain")]),
            Bytes::new(),
        ),
        &[("datacontenttype", section)],
    );
    assert_invalid(
        http::decode(
            &headers(&[
                ("content-type", "text/plain"),
                ("ce-datacontenttype", "text/plain"),
            ]),
            Bytes::new(),
        ),
        &[("datacontenttype", section)],
    );
}

#[test]
fn datacontenttype_is_only_the_content_type_header() {
    let event = minimal().data_text("a").build().unwrap();
    let message = http::encode_binary(&event).unwrap();

    assert_eq!(message.headers["content-type"], "text/plain; charset=utf-8");
    assert!(!message.headers.contains_key("ce-datacontenttype"));
}

#[test]
fn the_prefix_of_attributes_is_ce_dash() {
    let event = minimal()
        .subject("x")
        .extension("ext", "y")
        .build()
        .unwrap();
    let message = http::encode_binary(&event).unwrap();

    for name in message.headers.keys() {
        assert!(name.as_str().starts_with("ce-"), "{name}");
    }
    let headers = headers(&[("ce_ext", "a"), ("cloudevents-ext", "b"), ("ext", "c")]);
    let event = http::decode(&headers, Bytes::new()).unwrap();
    assert!(event.extensions().is_empty());
}

#[test]
fn a_duplicate_ce_header_is_an_error() {
    let section = "core, Context Attributes";

    assert_invalid(
        http::decode(&headers(&[("CE-ID", "1")]), Bytes::new()),
        &[("id", section)],
    );
    assert_invalid(
        http::decode(&headers(&[("ce-ext", "a"), ("Ce-Ext", "b")]), Bytes::new()),
        &[("ext", section)],
    );
}
