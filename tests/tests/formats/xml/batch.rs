//! Batches.

use eventkit::format::Format;
use eventkit::{DecodeErrorKind, Event, Limits};
use eventkit_formats::xml::Xml;
use eventkit_tests::message;
use eventkit_tests::refusal::{assert_refused, chain};

use super::{NAMESPACES, event};

fn events() -> [Event; 2] {
    let builder = message::minimal().id("2").data_text("hi");
    [
        message::minimal().build().unwrap(),
        builder.build().unwrap(),
    ]
}

fn batch(events: &str) -> bytes::Bytes {
    format!("<batch {NAMESPACES}> {events} </batch>").into()
}

#[test]
fn a_batch_is_kept() {
    for events in [&events()[..], &[]] {
        let bytes = Xml.encode_batch(events).unwrap();
        assert_eq!(Xml.decode_batch(bytes).unwrap(), events);
    }
}

#[test]
fn a_batch_of_others_is_read() {
    let event = event("");
    let read = Xml.decode_batch(batch(&event.repeat(2))).unwrap();
    assert_eq!(read, [events()[0].clone(), events()[0].clone()]);
    assert_eq!(Xml.decode_batch(batch("")).unwrap(), []);
}

#[test]
fn a_batch_is_no_event_and_an_event_no_batch() {
    let malformed = DecodeErrorKind::Malformed;
    assert_refused(Xml.decode(batch("")), malformed);
    assert_refused(Xml.decode_batch(event("").into()), malformed);
    for content in ["a", "<other/>", "<batch/>", "<event xmlns=\"\"/>"] {
        assert_refused(Xml.decode_batch(batch(content)), malformed);
    }
}

#[test]
fn a_batch_with_an_invalid_event_is_refused_with_its_index() {
    let invalid = "<event specversion=\"1.0\"/>";
    let error = Xml.decode_batch(batch(&(event("") + invalid)));
    let error = error.unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Invalid);
    assert!(chain(&error).contains("index 1"), "{error}");
}

#[test]
fn a_batch_is_limited() {
    let bytes = Xml.encode_batch(&events()).unwrap();
    let xml = Xml.with_limits(Limits::DEFAULT.batch_events(1));
    assert_refused(xml.decode_batch(bytes.clone()), DecodeErrorKind::TooLarge);
    let xml = Xml.with_limits(Limits::DEFAULT.body_bytes(bytes.len() - 1));
    assert_refused(xml.decode_batch(bytes), DecodeErrorKind::TooLarge);
}
