//! Messages that violate the specification, and their way to other modes and protocols.

use bytes::Bytes;
use eventkit::binding::kafka::{
    Message, decode, decode_lenient, encode_binary_lenient, encode_lenient,
    encode_structured_lenient,
};
use eventkit::binding::{http, kafka};
use eventkit::event::Violation;
use eventkit::format::{Format, Json};
use eventkit::{DecodeErrorKind, LenientEvent};
use eventkit_tests::message::{self, content_type, full, json};
use eventkit_tests::refusal::assert_refused;

use super::{NONE, headers};

/// Returns the sorted headers of a message.
fn sorted(message: &Message) -> Vec<(&str, &[u8])> {
    let headers = message.headers.iter();
    let mut headers: Vec<(&str, &[u8])> = headers
        .map(|(name, value)| (&**name, value.as_slice()))
        .collect();
    headers.sort_unstable();
    headers
}

fn wrong(event: &LenientEvent) -> Vec<&str> {
    let violations = event.violations().iter();
    violations.map(Violation::attribute).collect()
}

#[test]
fn a_valid_event_has_no_violations() {
    let event = full();
    for message in [
        kafka::encode_binary(&event).unwrap(),
        kafka::encode_structured(&event, &Json).unwrap(),
    ] {
        let lenient = decode_lenient(&message.headers, message.value.clone()).unwrap();
        assert_eq!(wrong(&lenient), [""; 0]);
        assert_eq!(encode_lenient(&lenient).unwrap(), message);
        let crossed = encode_binary_lenient(&lenient).unwrap();
        assert_eq!(decode(&crossed.headers, crossed.value).unwrap(), event);
        let crossed = encode_structured_lenient(&lenient, &Json).unwrap();
        assert_eq!(decode(&crossed.headers, crossed.value).unwrap(), event);
        assert_eq!(lenient.into_event().unwrap(), event);
    }
}

#[test]
fn an_invalid_message_is_kept_byte_for_byte() {
    let mut sent = headers(&[
        ("ce_dataschema", "#"),
        ("CE_With-Dash", "%"),
        ("content-type", "json"),
        ("ce_subject", "a"),
        ("ce_subject", "b"),
        ("ce_datacontenttype", "text/plain"),
    ]);
    sent.push(("ce_x", b"\xff"));
    let own = sent.len();
    sent.push(("other", b"1"));
    for value in [None, Some(Bytes::new()), Some("{".into())] {
        assert_refused(decode(&sent, value.clone()), DecodeErrorKind::Invalid);
        let event = decode_lenient(&sent, value.clone()).unwrap();
        let mut found = wrong(&event);
        found.sort_unstable();
        let expected = [
            "datacontenttype",
            "datacontenttype",
            "dataschema",
            "subject",
            "with-dash",
            "x",
        ];
        assert_eq!(found, expected);
        let message = encode_lenient(&event).unwrap();
        let kept = message.headers.iter();
        let kept: Vec<(&str, &[u8])> = kept.map(|(name, value)| (&**name, &value[..])).collect();
        assert_eq!((&kept[..], message.value), (&sent[..own], value));
        assert_eq!(event.attribute("with-dash").as_deref(), Some("%"));
    }
}

#[test]
fn a_structured_message_is_kept_without_the_headers_of_attributes() {
    let text = json(r##""dataschema":"#","n":null"##);
    let headers = [
        ("Content-Type", "application/cloudevents+json; ="),
        ("ce_id", "2"),
    ];
    let event = decode_lenient(&headers, Some(text.clone())).unwrap();
    assert_eq!(wrong(&event), ["dataschema", "content-type"]);
    let message = encode_lenient(&event).unwrap();
    assert_eq!(
        sorted(&message),
        [("Content-Type", headers[0].1.as_bytes())]
    );
    assert_eq!(message.value, Some(text.clone()));
    let binary = encode_binary_lenient(&event).unwrap();
    assert_eq!(binary.header("ce_dataschema"), Some(&b"#"[..]));
    assert_eq!(binary.header("ce_n"), None);
    let structured = encode_structured_lenient(&event, &Json).unwrap();
    assert_eq!(structured, message);
}

#[test]
fn an_unregistered_format_can_only_be_passed_on() {
    let headers = [("content-type", "application/cloudevents+unknown")];
    let event = decode_lenient(&headers, Some("x".into())).unwrap();
    assert_eq!(wrong(&event), ["content-type"]);
    assert_eq!(encode_lenient(&event).unwrap().value.unwrap(), "x");
    assert!(encode_binary_lenient(&event).is_err());
    assert!(encode_structured_lenient(&event, &Json).is_err());
}

#[test]
fn messages_whose_mode_is_unclear_are_refused() {
    let ambiguous = [
        ("content-type", "application/cloudevents+json"),
        ("content-type", "text/plain"),
    ];
    assert_refused(decode_lenient(&ambiguous, None), DecodeErrorKind::Invalid);
    assert_refused(decode_lenient(&NONE, None), DecodeErrorKind::NotAnEvent);
    let batch = [("content-type", "application/cloudevents-batch+json; =")];
    assert_refused(decode_lenient(&batch, None), DecodeErrorKind::NotAnEvent);
}

#[test]
fn an_invalid_event_passes_from_http_to_kafka_and_back() {
    let received = message::headers(&[("ce-dataschema", "#"), ("ce-zone", "%C3%A9%20%25")]);
    let event = http::decode_lenient(&received, "x".into()).unwrap();
    let message = encode_lenient(&event).unwrap();
    assert_eq!(message.header("ce_zone"), Some("é %".as_bytes()));
    assert_eq!(message.header("ce_dataschema"), Some(&b"#"[..]));

    let event = decode_lenient(&message.headers, message.value).unwrap();
    let back = http::encode_lenient(&event).unwrap();
    assert_eq!((back.headers, back.body), (received, Bytes::from("x")));
}

#[test]
fn a_structured_event_passes_from_http_to_kafka_and_back() {
    let text = json(r#""Upper":"x""#);
    let received = content_type("application/cloudevents+json");
    let event = http::decode_lenient(&received, text.clone()).unwrap();
    let message = encode_lenient(&event).unwrap();
    assert_eq!(message.value, Some(text.clone()));
    let event = decode_lenient(&message.headers, message.value).unwrap();
    let back = http::encode_lenient(&event).unwrap();
    assert_eq!((back.headers, back.body), (received, text));
}

#[test]
fn names_become_lower_case_and_numbers_text() {
    let event = Json.decode_lenient(json(r#""Upper":"x","big":3000000000,"b":true"#));
    let message = encode_binary_lenient(&event.unwrap()).unwrap();
    for (name, value) in [
        ("ce_upper", "x"),
        ("ce_big", "3000000000"),
        ("ce_b", "true"),
    ] {
        assert!(
            message.headers.contains(&(name.into(), value.into())),
            "{message:?}"
        );
    }
    for members in [r#""Subject":"x""#, r#""list":[1]"#, r#""a":"1","A":"2""#] {
        let event = Json.decode_lenient(json(members)).unwrap();
        assert!(encode_binary_lenient(&event).is_err(), "{members}");
    }
}
