//! Batches.

use std::slice;

use eventkit::LenientEvent;
use eventkit::binding::http::{decode_batch_lenient, encode_batch_lenient, encode_lenient};
use eventkit::format::{Format, Json};
use eventkit_tests::message::{content_type, headers, json};

const BATCH: &str = "application/cloudevents-batch+json";
const VALID: &str = r#"{"specversion":"1.0","id":"1", "source":"/s","type":"t"}"#;
const WRONG: &str = r#"{"specversion":"1.0","id":"", "source":"/s","type":"t"}"#;

#[test]
fn each_event_of_a_batch_is_kept_separately() {
    let text = format!("[ {VALID} ,\n{WRONG}]");
    let events = Json.decode_batch_lenient(text.into()).unwrap();

    assert_eq!(events[0].violations(), []);
    assert_eq!(events[1].violations()[0].attribute(), "id");
    assert_eq!(Json.encode_lenient(&events[0]).unwrap(), VALID);
    assert_eq!(Json.encode_lenient(&events[1]).unwrap(), WRONG);
    let again = Json.encode_batch_lenient(&events).unwrap();
    assert_eq!(again, format!("[{VALID},{WRONG}]"));
    assert_eq!(Json.encode_batch_lenient(&[]).unwrap(), "[]");
}

#[test]
fn a_batch_over_http_can_be_split_and_encoded_again() {
    let text = format!("[{WRONG},{VALID}]");
    let events = decode_batch_lenient(&content_type(BATCH), text.clone().into()).unwrap();

    let message = encode_lenient(&events[0]).unwrap();
    assert_eq!(message.body, WRONG);
    assert_eq!(
        message.headers["content-type"],
        "application/cloudevents+json"
    );
    let message = encode_batch_lenient(&events, &Json).unwrap();
    assert_eq!(message.body, text);
    assert_eq!(message.headers, content_type(BATCH));
}

#[test]
fn a_message_in_another_mode_is_a_batch_of_one() {
    let headers = headers(&[("ce-dataschema", "#"), ("content-type", "text/plain")]);
    let events: Vec<LenientEvent> = decode_batch_lenient(&headers, "hi".into()).unwrap();
    assert_eq!(events[0].violations().len(), 1);
    let message = encode_lenient(&events[0]).unwrap();
    assert_eq!(message.headers, headers);

    let message = encode_batch_lenient(slice::from_ref(&events[0]), &Json).unwrap();
    let start = &json("")[..json("").len() - 1];
    let text = std::str::from_utf8(start).unwrap();
    let whole =
        format!(r##"[{text},"dataschema":"#","datacontenttype":"text/plain","data":"hi"}}]"##);
    assert_eq!(message.body, whole);
}
