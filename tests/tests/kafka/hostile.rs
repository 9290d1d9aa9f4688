//! Messages that no client would send are refused or decoded, without a panic.

use bytes::Bytes;
use eventkit::binding::kafka::{decode, decode_lenient, encode_binary, encode_lenient};
use eventkit::{DecodeErrorKind, Limits};
use eventkit_tests::fuzz;
use eventkit_tests::refusal::assert_refused;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::headers;

/// Generates header names, some of which have a meaning here.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "(ce|CE|Ce)_(specversion|id|source|type|time|subject|datacontenttype|n|N|ä)?",
        "[cC]ontent-[tT]ype",
        "\\PC{0,5}",
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"1.0".to_vec()),
        Just(b"application/json".to_vec()),
        "application/cloudevents(-batch)?(\\+json)?(;[a-z=]{0,5})?".prop_map(String::into_bytes),
        "\"?[a%\\\\\" é]{0,8}\"?".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..4),
    ]
}

proptest! {
    #[test]
    fn any_message_is_refused_or_round_trips(
        sent in vec((name(), value()), 0..8),
        complete in any::<bool>(),
        value in option::of("[\\[\\]{}\":a1 ,]{0,12}"),
    ) {
        let mut sent = sent;
        if complete {
            let required = headers(&[]).into_iter();
            sent.extend(required.map(|(name, value)| (name.to_owned(), value.to_vec())));
        }
        let value = value.map(Bytes::from);
        let decoded = decode(&sent, value.clone());
        let lenient = decode_lenient(&sent, value.clone());
        if let Ok(event) = &decoded {
            let message = encode_binary(event).unwrap();
            prop_assert_eq!(&decode(&message.headers, message.value).unwrap(), event);
        }
        let valid = lenient.as_ref().is_ok_and(|event| event.violations().is_empty());
        prop_assert_eq!(decoded.is_ok(), valid);
        if let Ok(event) = lenient {
            prop_assert_eq!(encode_lenient(&event).unwrap().value, value);
        }
    }
}

#[test]
fn many_and_large_headers_are_refused() {
    let many = vec![("ce_n", "x"); Limits::DEFAULT.headers + 1];
    assert_refused(decode(&many, None), DecodeErrorKind::TooLarge);
    let text = "x".repeat(Limits::DEFAULT.header_bytes);
    for name in ["ce_n", "content-type", "other"] {
        assert_refused(
            decode(&headers(&[(name, &text)]), None),
            DecodeErrorKind::TooLarge,
        );
        assert_refused(
            decode_lenient(&headers(&[(name, &text)]), None),
            DecodeErrorKind::TooLarge,
        );
    }
    let deep = Bytes::from("[".repeat(10_000));
    let json = headers(&[("content-type", "application/json")]);
    assert!(
        decode(&json, Some(deep))
            .unwrap()
            .data()
            .unwrap()
            .is_binary()
    );
}

#[test]
fn every_byte_of_a_message_may_be_changed() {
    let message = b"ce_specversion: 1.0\nce_id: 1\nce_source: /s\nce_type: t\n\
        content-type: application/json; charset=\"utf-8\"\nce_time: 2026-01-31T09:30:00.5+01:00\n\n[1]";
    for at in 0..message.len() {
        let mut changed = message.to_vec();
        for byte in [0, b'\n', b'"', b';', b'A', b'\xff', message[at] ^ 0x20] {
            changed[at] = byte;
            fuzz::kafka_decode(&changed);
        }
    }
}
