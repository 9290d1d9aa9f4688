//! The format over HTTP and NATS, once it is registered.

use std::sync::Once;

use eventkit::binding::http;
use eventkit::{DecodeErrorKind, Limits, format};
use eventkit_formats::xml::Xml;
use eventkit_nats::binding as nats;
use eventkit_tests::message;
use eventkit_tests::refusal::assert_refused;

fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| format::register(Xml).unwrap());
}

#[test]
fn http_carries_structured_events_and_batches() {
    register();
    let event = message::full();
    let message = http::encode_structured(&event, &Xml).unwrap();
    assert_eq!(
        message.headers["content-type"],
        "application/cloudevents+xml"
    );
    assert_eq!(http::decode(&message.headers, message.body).unwrap(), event);

    let events = [event.clone(), event];
    let message = http::encode_batch(&events, &Xml).unwrap();
    assert_eq!(
        message.headers["content-type"],
        "application/cloudevents-batch+xml"
    );
    assert_eq!(
        http::decode_batch(&message.headers, message.body).unwrap(),
        events
    );
}

#[test]
fn nats_carries_structured_events() {
    register();
    let event = message::full();
    let message = nats::encode_structured(&event, &Xml).unwrap();
    assert_eq!(nats::decode(&message.headers, message.body).unwrap(), event);
}

#[test]
fn the_limits_of_the_binding_apply() {
    register();
    let http = http::with_limits(Limits::DEFAULT.attributes(4));
    let message = http::encode_structured(&message::full(), &Xml).unwrap();
    assert_refused(
        http.decode(&message.headers, message.body),
        DecodeErrorKind::TooLarge,
    );
}
