//! Decoding a message directly into a type gives the same result as decoding an event first.

use bytes::Bytes;
use eventkit::CloudEvent;
use eventkit_nats::binding::{decode, decode_as};
use eventkit_tests::message::json;
use eventkit_tests::reading::{Reading, assert_agree};
use serde_json::Value;

use super::headers;

#[track_caller]
fn agreed(headers: &[(&str, &str)], body: impl Into<Bytes>) -> bool {
    let body = body.into();
    assert_agree::<Value>(
        decode_as(headers, body.clone()),
        decode(headers, body.clone()).and_then(|event| Reading::from_event(&event)),
        &(headers, body),
    )
}

#[test]
fn attributes_and_data_are_decoded_from_headers_and_body() {
    let headers = headers(&[
        ("ce-subject", "a%20b"),
        ("CE-N", "7"),
        ("ce-datacontenttype", "application/json"),
    ]);
    let read: Reading<Vec<u8>> = decode_as(&headers, "[1]".into()).unwrap();

    assert_eq!((read.subject.as_deref(), read.n), (Some("a b"), Some(7)));
    assert_eq!(read.data, [1]);
}

#[test]
fn both_ways_agree() {
    let json_data = headers(&[("ce-datacontenttype", "application/json")]);
    assert!(agreed(&json_data, "[1]"));
    assert!(!agreed(&json_data, "{"));
    assert!(!agreed(&headers(&[("ce-datacontenttype", "json")]), "7"));
    assert!(!agreed(&headers(&[("ce-n", "x")]), "7"));
    assert!(!agreed(&[("ce-specversion", "0.3"), ("ce-id", "1")], "7"));
    assert!(!agreed(&[], "text"));
    assert!(!agreed(&headers(&[("CE-Type", "t")]), "7"));

    assert!(agreed(&[], json(r#""data":7"#)));
    let structured = [("Content-Type", "application/cloudevents")];
    assert!(agreed(&structured, json(r#""data":7"#)));
    assert!(!agreed(&structured, "{"));
    let batch = [("Content-Type", "application/cloudevents-batch+json")];
    assert!(!agreed(&batch, "[]"));
}
