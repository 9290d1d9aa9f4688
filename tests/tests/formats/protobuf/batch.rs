//! Batches.

use eventkit::format::Format;
use eventkit::{DecodeErrorKind, Event, Limits};
use eventkit_formats::protobuf::Protobuf;
use eventkit_tests::message;
use eventkit_tests::refusal::{assert_refused, chain};
use prost::Message;

use super::messages::{CloudEvent, CloudEventBatch};
use super::{minimal, theirs};

fn events() -> [Event; 2] {
    let builder = message::minimal().id("2").data_text("hi");
    [
        message::minimal().build().unwrap(),
        builder.build().unwrap(),
    ]
}

#[test]
fn a_batch_is_kept() {
    for events in [&events()[..], &[]] {
        let bytes = Protobuf.encode_batch(events).unwrap();
        assert_eq!(Protobuf.decode_batch(bytes).unwrap(), events);
    }
}

#[test]
fn others_read_a_batch() {
    let events = events();
    let bytes = Protobuf.encode_batch(&events).unwrap();
    let batch = CloudEventBatch::decode(bytes).unwrap();
    assert_eq!(batch.events, events.each_ref().map(theirs));
}

#[test]
fn a_batch_of_others_is_read() {
    let events = events();
    let batch = CloudEventBatch {
        events: events.each_ref().map(theirs).to_vec(),
    };
    let read = Protobuf.decode_batch(batch.encode_to_vec().into());
    assert_eq!(read.unwrap(), events);
}

#[test]
fn a_batch_with_an_invalid_event_is_refused_with_its_index() {
    let batch = CloudEventBatch {
        events: vec![minimal(), CloudEvent::default()],
    };
    let error = Protobuf.decode_batch(batch.encode_to_vec().into());
    let error = error.unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Invalid);
    assert!(chain(&error).contains("index 1"), "{error}");
}

#[test]
fn a_batch_is_limited() {
    let bytes = Protobuf.encode_batch(&events()).unwrap();
    let protobuf = Protobuf.with_limits(Limits::DEFAULT.batch_events(1));
    assert_refused(
        protobuf.decode_batch(bytes.clone()),
        DecodeErrorKind::TooLarge,
    );
    let protobuf = Protobuf.with_limits(Limits::DEFAULT.body_bytes(bytes.len() - 1));
    assert_refused(protobuf.decode_batch(bytes), DecodeErrorKind::TooLarge);
}
