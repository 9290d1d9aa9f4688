//! The format over HTTP, Kafka and NATS, once it is registered.

use std::sync::Once;

use eventkit::binding::{http, kafka};
use eventkit::{DecodeErrorKind, Limits, format};
use eventkit_formats::avro::Avro;
use eventkit_nats::binding as nats;
use eventkit_tests::message;
use eventkit_tests::refusal::assert_refused;

fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| format::register(Avro).unwrap());
}

#[test]
fn every_binding_carries_structured_events() {
    register();
    let event = message::full();
    let message = http::encode_structured(&event, &Avro).unwrap();
    let content_type = &message.headers["content-type"];
    assert_eq!(content_type, "application/cloudevents+avro");
    assert_eq!(http::decode(&message.headers, message.body).unwrap(), event);

    let message = nats::encode_structured(&event, &Avro).unwrap();
    assert_eq!(nats::decode(&message.headers, message.body).unwrap(), event);

    let message = kafka::encode_structured(&event, &Avro).unwrap();
    let content_type = message.header("content-type");
    assert_eq!(content_type, Some(&b"application/cloudevents+avro"[..]));
    assert_eq!(
        kafka::decode(&message.headers, message.value.clone()).unwrap(),
        event
    );
    let lenient = kafka::decode_lenient(&message.headers, message.value.clone()).unwrap();
    assert_eq!(kafka::encode_lenient(&lenient).unwrap(), message);
}

#[test]
fn http_has_no_batches_in_the_format() {
    register();
    let error = http::encode_batch(&[message::full()], &Avro).unwrap_err();
    assert!(
        error.to_string().contains("does not support batches"),
        "{error}"
    );
    let headers = message::content_type("application/cloudevents-batch+avro");
    let decoded = http::decode_batch(&headers, "x".into());
    assert_refused(decoded, DecodeErrorKind::UnsupportedMediaType);
}

#[test]
fn the_limits_of_the_binding_apply() {
    register();
    let http = http::with_limits(Limits::DEFAULT.attributes(4));
    let message = http::encode_structured(&message::full(), &Avro).unwrap();
    let decoded = http.decode(&message.headers, message.body);
    assert_refused(decoded, DecodeErrorKind::TooLarge);
}
