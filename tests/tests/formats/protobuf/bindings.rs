//! The format over HTTP and NATS, once it is registered.

use std::sync::Once;

use eventkit::binding::http;
use eventkit::event::AttributeValue;
use eventkit::{DecodeErrorKind, Limits, format};
use eventkit_formats::protobuf::Protobuf;
use eventkit_nats::binding as nats;
use eventkit_tests::message;
use eventkit_tests::refusal::assert_refused;

fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| format::register(Protobuf).unwrap());
}

#[test]
fn http_carries_structured_events_and_batches() {
    register();
    let event = message::minimal().extension("n", 7).data_text("hi");
    let event = event.build().unwrap();
    let message = http::encode_structured(&event, &Protobuf).unwrap();
    assert_eq!(
        message.headers["content-type"],
        "application/cloudevents+protobuf"
    );
    let read = http::decode(&message.headers, message.body).unwrap();
    assert_eq!(read, event);
    assert!(matches!(
        read.extension("n"),
        Some(AttributeValue::Integer(7))
    ));

    let events = [event.clone(), event];
    let message = http::encode_batch(&events, &Protobuf).unwrap();
    assert_eq!(
        message.headers["content-type"],
        "application/cloudevents-batch+protobuf"
    );
    assert_eq!(
        http::decode_batch(&message.headers, message.body).unwrap(),
        events
    );
}

#[test]
fn nats_carries_structured_events() {
    register();
    let event = message::minimal().data_text("hi").build().unwrap();
    let message = nats::encode_structured(&event, &Protobuf).unwrap();
    assert_eq!(nats::decode(&message.headers, message.body).unwrap(), event);
}

#[test]
fn the_limits_of_the_binding_apply() {
    register();
    let event = message::minimal().extension("n", 7).build().unwrap();
    let http = http::with_limits(Limits::DEFAULT.attributes(4));
    let message = http::encode_structured(&event, &Protobuf).unwrap();
    assert_refused(
        http.decode(&message.headers, message.body),
        DecodeErrorKind::TooLarge,
    );
    let http = http::with_limits(Limits::DEFAULT.batch_events(1));
    let message = http::encode_batch(&[event.clone(), event], &Protobuf).unwrap();
    assert_refused(
        http.decode_batch(&message.headers, message.body),
        DecodeErrorKind::TooLarge,
    );
}
