//! Detection of the content mode, structured mode and batched mode.

use bytes::Bytes;
use eventkit::binding::http::{
    decode, decode_as, decode_batch, decode_lenient, encode_batch, encode_binary, encode_structured,
};
use eventkit::format::Json;
use eventkit::{DecodeErrorKind, Event};
use eventkit_tests::message::{content_type, headers, json, minimal};
use eventkit_tests::reading::Reading;
use eventkit_tests::refusal::{assert_invalid, assert_refused, chain};
use http::HeaderValue;

fn batch() -> Bytes {
    [b"[", &json("")[..], b"]"].concat().into()
}

fn event() -> Event {
    minimal().build().unwrap()
}

#[test]
fn a_body_with_a_content_encoding_is_refused_in_every_mode() {
    for value in ["gzip", "GZIP", "br, identity", "identity,gzip", "ü"] {
        for mode in [
            "text/plain",
            "application/cloudevents+json",
            "application/cloudevents-batch+json",
        ] {
            let mut headers = headers(&[("content-type", mode), ("content-encoding", "identity")]);
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append("content-encoding", value);
            let errors = [
                decode(&headers, Bytes::new()).unwrap_err(),
                decode_batch(&headers, Bytes::new()).unwrap_err(),
                decode_as::<Reading<String>>(&headers, Bytes::new()).unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.kind(), DecodeErrorKind::UnsupportedMediaType);
                assert!(error.to_string().contains("Content-Encoding"), "{error}");
            }
        }
    }
    for value in ["", "identity", "Identity , ,identity"] {
        let headers = headers(&[("content-type", "text/plain"), ("content-encoding", value)]);
        let event = decode(&headers, "hi".into()).unwrap();
        assert_eq!(event.data().unwrap().as_bytes(), b"hi");
    }
}

#[test]
fn structured_mode_is_detected_in_any_case_and_with_parameters() {
    for media_type in [
        "application/cloudevents+json",
        "Application/CloudEvents+JSON",
        "application/cloudevents+json; charset=utf-8",
        "application/cloudevents+json;charset=\"UTF-8\"",
        "application/cloudevents+json;",
    ] {
        let headers = content_type(media_type);
        assert_eq!(decode(&headers, json("")).unwrap(), event(), "{media_type}");
        assert_eq!(decode_batch(&headers, json("")).unwrap(), [event()]);
    }
}

#[test]
fn batched_mode_is_detected_in_any_case_and_with_parameters() {
    for media_type in [
        "application/cloudevents-batch+json",
        "APPLICATION/CLOUDEVENTS-BATCH+JSON",
        "application/cloudevents-batch+json; charset=utf-8",
    ] {
        let headers = content_type(media_type);
        assert_eq!(decode_batch(&headers, batch()).unwrap(), [event()]);
        assert_eq!(decode_batch(&headers, "[]".into()).unwrap(), []);
        let error = decode(&headers, batch()).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::NotAnEvent);
        assert_eq!(
            chain(&error),
            "not a CloudEvents message: a batch of events, expected a single event"
        );
    }
}

#[test]
fn the_error_names_an_unregistered_format_even_with_ce_headers() {
    for media_type in [
        "application/cloudevents",
        "application/cloudevents+avro",
        "Application/CloudEvents+XML; charset=utf-8",
        "application/cloudeventsfoo",
        "application/cloudevents-other+json",
    ] {
        for headers in [
            content_type(media_type),
            headers(&[("content-type", media_type)]),
        ] {
            let error = decode(&headers, json("")).unwrap_err();
            assert_eq!(error.kind(), DecodeErrorKind::UnsupportedMediaType);
            let essence = media_type.split(';').next().unwrap().to_lowercase();
            assert_eq!(
                error.to_string(),
                format!("no event format is registered for the media type {essence:?}")
            );
        }
    }
}

#[test]
fn a_batch_in_an_unregistered_format_is_still_a_batch() {
    for media_type in [
        "application/cloudevents-batch",
        "application/cloudevents-batch+avro",
    ] {
        let headers = content_type(media_type);
        assert_refused(
            decode_batch(&headers, batch()),
            DecodeErrorKind::UnsupportedMediaType,
        );
        assert_refused(decode(&headers, batch()), DecodeErrorKind::NotAnEvent);
    }
}

#[test]
fn any_other_content_type_is_binary_mode() {
    for media_type in [
        "application/json",
        "application/cloudevent+json",
        "text/cloudevents+json",
        "application/x-cloudevents+json",
        "application/vnd.cloudevents+json",
    ] {
        let headers = headers(&[("content-type", media_type)]);
        let event = decode(&headers, "{}".into()).unwrap();
        assert_eq!(event.data_content_type(), Some(media_type));
        assert_eq!(event.data().unwrap().as_bytes(), b"{}");
    }
}

#[test]
fn headers_are_ignored_in_structured_mode() {
    let headers = headers(&[
        ("content-type", "application/cloudevents+json"),
        ("ce-id", "2"),
        ("ce-subject", "%zz"),
        ("ce-datacontenttype", "text/plain"),
    ]);

    assert_eq!(decode(&headers, json("")).unwrap(), event());
}

#[test]
fn a_binary_message_is_a_batch_of_one() {
    assert_eq!(
        decode_batch(&headers(&[]), Bytes::new()).unwrap(),
        [event()]
    );
    assert_invalid(
        decode_batch(&headers(&[("ce-subject", "")]), Bytes::new()),
        &[("subject", "core, subject")],
    );
}

#[test]
fn a_message_that_is_not_an_event_is_not_a_batch() {
    assert_refused(
        decode_batch(&content_type("application/json"), "[]".into()),
        DecodeErrorKind::NotAnEvent,
    );
}

#[test]
fn the_body_must_fit_the_content_mode() {
    assert_refused(
        decode(&content_type("application/cloudevents+json"), batch()),
        DecodeErrorKind::Malformed,
    );
    assert_refused(
        decode_batch(
            &content_type("application/cloudevents-batch+json"),
            json(""),
        ),
        DecodeErrorKind::Malformed,
    );
    assert_refused(
        decode(&content_type("application/cloudevents+json"), Bytes::new()),
        DecodeErrorKind::Malformed,
    );
}

#[test]
fn a_structured_message_has_one_header() {
    let message = encode_structured(&event(), &Json).unwrap();

    assert_eq!(message.headers.len(), 1);
    assert_eq!(
        message.headers["content-type"],
        "application/cloudevents+json"
    );
    assert_eq!(message.body, json(""));
}

#[test]
fn a_batched_message_has_one_header() {
    let message = encode_batch(&[event()], &Json).unwrap();

    assert_eq!(message.headers.len(), 1);
    assert_eq!(
        message.headers["content-type"],
        "application/cloudevents-batch+json"
    );
    assert_eq!(message.body, batch());
    assert_eq!(encode_batch(&[], &Json).unwrap().body, "[]");
}

#[test]
fn an_event_round_trips_in_every_mode() {
    let event = minimal()
        .subject("Euro € 😀")
        .extension("n", 7)
        .data_json(&[1, 2])
        .unwrap()
        .build()
        .unwrap();
    let binary = encode_binary(&event).unwrap();
    let structured = encode_structured(&event, &Json).unwrap();
    let batched = encode_batch(std::slice::from_ref(&event), &Json).unwrap();

    for message in [binary, structured, batched] {
        let events = decode_batch(&message.headers, message.body).unwrap();
        assert_eq!(events, std::slice::from_ref(&event));
    }
}

#[test]
fn events_must_be_in_utf_8() {
    let body = json("");
    for charset in ["utf-8", "UTF-8", "\"utf-8\""] {
        let headers = content_type(&format!("application/cloudevents+json; charset={charset}"));
        assert!(decode(&headers, body.clone()).is_ok(), "{charset}");
    }
    for charset in ["utf-7", "utf-16", "iso-8859-1"] {
        let headers = content_type(&format!("application/cloudevents+json; charset={charset}"));
        let decoded = decode(&headers, body.clone());
        assert_invalid(decoded, &[("datacontenttype", "HTTP binding, 3.1.1")]);
        let lenient = decode_lenient(&headers, body.clone()).unwrap();
        assert_eq!(lenient.violations().len(), 1);
        assert_eq!(lenient.attribute("id").as_deref(), Some("1"));
    }
}
