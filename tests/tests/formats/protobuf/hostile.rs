//! Limits, and input that is meant to exhaust memory or the stack.

use eventkit::event::Data as EventData;
use eventkit::format::Format;
use eventkit::{DecodeErrorKind, Limits};
use eventkit_formats::protobuf::Protobuf;
use eventkit_tests::message;
use eventkit_tests::refusal::assert_refused;
use prost::Message;

use super::messages::{Attr, Data};
use super::{minimal, ours};

#[test]
fn declared_lengths_do_not_allocate() {
    // A string, an entry, data and an unknown field of two gigabytes.
    for tag in [
        b"\x0a".as_slice(),
        b"\x2a",
        b"\x32",
        b"\x3a",
        b"\x42",
        b"\x9a\x06",
    ] {
        for length in [
            &b"\x80\x80\x80\x80\x08"[..],
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ] {
            let bytes = [tag, length, b"x"].concat();
            assert_refused(Protobuf.decode(bytes.into()), DecodeErrorKind::Malformed);
        }
    }
}

#[test]
fn nested_groups_do_not_overflow_the_stack() {
    let open = b"\x9b\x06".repeat(1_000_000);
    assert_refused(Protobuf.decode(open.into()), DecodeErrorKind::Malformed);
    let closed = [b"\x9b\x06".repeat(100), b"\x9c\x06".repeat(100)].concat();
    let event = [minimal().encode_to_vec(), closed].concat();
    Protobuf.decode(event.into()).unwrap();
}

#[test]
fn deep_json_is_refused() {
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for data in [
        Data::Text(nested.clone()),
        Data::Binary(nested.into_bytes()),
    ] {
        let message = minimal()
            .with("datacontenttype", Attr::String("application/json".into()))
            .with_data(data);
        assert_refused(ours(&message), DecodeErrorKind::TooLarge);
        let protobuf = Protobuf.with_limits(Limits::UNLIMITED);
        let event = protobuf.decode(message.encode_to_vec().into()).unwrap();
        assert!(event.data().is_some_and(EventData::is_json));
    }
}

#[test]
fn sizes_and_counts_are_limited() {
    let event = message::full();
    let bytes = Protobuf.encode(&event).unwrap();
    let count = event.attributes().count();
    for (limits, limit) in [
        (Limits::DEFAULT.body_bytes(bytes.len() - 1), "body_bytes"),
        (Limits::DEFAULT.attributes(count - 1), "attributes"),
        (Limits::DEFAULT.attribute_bytes(15), "attribute_bytes"),
    ] {
        let error = Protobuf.with_limits(limits).decode(bytes.clone());
        let error = error.unwrap_err();
        assert_eq!(
            error.exceeded().map(eventkit::event::LimitExceeded::limit),
            Some(limit)
        );
    }
    let exact = Limits::DEFAULT.body_bytes(bytes.len()).attributes(count);
    Protobuf.with_limits(exact).decode(bytes).unwrap();
}

#[test]
fn typed_values_are_limited_by_their_text() {
    let event = message::minimal().extension("n", vec![0_u8; 100]);
    let event = event.build().unwrap();
    let bytes = Protobuf.encode(&event).unwrap();
    for max in [135, 136] {
        let limits = Limits::DEFAULT.attribute_bytes(max);
        let is_read = Protobuf.with_limits(limits).decode(bytes.clone()).is_ok();
        assert_eq!(is_read, limits.check_event(&event).is_ok(), "{max}");
    }
}

#[test]
fn a_million_fields_take_no_more_memory_than_their_bytes() {
    let fields = b"\x2a\x07\x0a\x01n\x12\x02\x10\x07".repeat(1_000_000);
    assert_refused(Protobuf.decode(fields.into()), DecodeErrorKind::TooLarge);
    let events = b"\x0a\x00".repeat(1_000_000);
    assert_refused(
        Protobuf.decode_batch(events.into()),
        DecodeErrorKind::Invalid,
    );
}
