//! The event size that all implementations must support (core, Size Limits).

use eventkit::Event;
use eventkit::binding::http;
use eventkit::format::Json;

/// The size in bytes that must be forwarded.
const SIZE: usize = 64 * 1024;

/// Returns an event of more than 64 KiB in every encoding.
fn event(data: &[u8]) -> Event {
    let event = Event::builder().id("1").source("/s").ty("t").without_time();
    let event = event.data_content_type("application/octet-stream");
    event.data_bytes(data).build().unwrap()
}

#[test]
fn an_event_of_64_kib_is_forwarded_in_every_mode() {
    let event = event(&vec![0xff; SIZE]);
    for message in [
        http::encode_binary(&event).unwrap(),
        http::encode_structured(&event, &Json).unwrap(),
        http::encode_batch(std::slice::from_ref(&event), &Json).unwrap(),
    ] {
        assert!(message.body.len() >= SIZE);
        let arrived = http::decode_batch(&message.headers, message.body).unwrap();
        assert_eq!(arrived, std::slice::from_ref(&event));
    }
}

#[test]
fn attributes_of_64_kib_are_forwarded_in_every_mode() {
    let mut event = event(b"");
    for name in ["a", "b", "c", "d"] {
        event.set_extension(name, "x".repeat(SIZE / 4)).unwrap();
    }
    for message in [
        http::encode_binary(&event).unwrap(),
        http::encode_structured(&event, &Json).unwrap(),
    ] {
        assert_eq!(http::decode(&message.headers, message.body).unwrap(), event);
    }
}
