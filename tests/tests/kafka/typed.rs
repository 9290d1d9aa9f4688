//! Decoding a message directly into a type gives the same result as decoding an event first.

use bytes::Bytes;
use eventkit::CloudEvent;
use eventkit::binding::kafka::{decode, decode_as};
use eventkit_tests::message::json;
use eventkit_tests::reading::{Reading, assert_agree};
use serde_json::Value;

use super::{NONE, headers};

#[track_caller]
fn agreed(headers: &[(&str, &[u8])], value: Option<Bytes>) -> bool {
    assert_agree::<Value>(
        decode_as(headers, value.clone()),
        decode(headers, value.clone()).and_then(|event| Reading::from_event(&event)),
        &(headers, value),
    )
}

#[test]
fn attributes_and_data_are_decoded_from_headers_and_value() {
    let headers = headers(&[
        ("ce_subject", "a %20"),
        ("CE_N", "7"),
        ("content-type", "application/json"),
    ]);
    let read: Reading<Vec<u8>> = decode_as(&headers, Some("[1]".into())).unwrap();

    assert_eq!((read.subject.as_deref(), read.n), (Some("a %20"), Some(7)));
    assert_eq!(read.data, [1]);
}

#[test]
fn both_ways_agree() {
    let value = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
    let json_data = headers(&[("content-type", "application/json")]);
    assert!(agreed(&json_data, value("[1]")));
    assert!(!agreed(&json_data, value("{")));
    assert!(agreed(&json_data, None));
    assert!(agreed(&headers(&[("content-type", "text/plain")]), None));
    assert!(!agreed(&headers(&[("content-type", "json")]), value("7")));
    assert!(!agreed(&headers(&[("ce_n", "x")]), value("7")));
    assert!(!agreed(
        &[("ce_specversion", b"0.3"), ("ce_id", b"1")],
        value("7")
    ));
    assert!(!agreed(&NONE, value("text")));
    assert!(!agreed(&headers(&[("CE_Type", "t")]), value("7")));

    let structured: [(&str, &[u8]); 1] = [("content-type", b"application/cloudevents+json")];
    assert!(agreed(&structured, Some(json(r#""data":7"#))));
    assert!(!agreed(&structured, value("{")));
    assert!(!agreed(&structured, None));
    let batch: [(&str, &[u8]); 1] = [("content-type", b"application/cloudevents-batch+json")];
    assert!(!agreed(&batch, value("[]")));
}
