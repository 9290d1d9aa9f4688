//! Limits, and input that is meant to exhaust memory or the stack.

use eventkit::event::{Data, LimitExceeded};
use eventkit::format::Format;
use eventkit::{DecodeErrorKind, Limits};
use eventkit_formats::avro::Avro;
use eventkit_tests::message::{self, minimal};
use eventkit_tests::refusal::assert_refused;

use super::{NONE, decode, entry, long, record, text};

#[test]
fn declared_lengths_and_counts_do_not_allocate() {
    for length in [1 << 31, 1 << 62, i64::MAX] {
        let length = long(length);
        let text = |bytes: &[u8]| [&length, bytes].concat();
        for bytes in [
            // A count, a name, a text and bytes.
            length.clone(),
            [long(1), text(b"id")].concat(),
            [long(1), entry("id", 3, &text(b"1"))].concat(),
            [long(1), entry("id", 4, &text(b"1"))].concat(),
            // A block with its size.
            [long(-1), length.clone(), entry("id", 3, &super::text("1"))].concat(),
        ] {
            assert_refused(Avro.decode(bytes.into()), DecodeErrorKind::Malformed);
        }
        for member in [0, 3, 4, 6] {
            let data = [long(member), length.clone(), b"x".to_vec()].concat();
            assert_refused(decode(&[], &data), DecodeErrorKind::Malformed);
        }
    }
}

#[test]
fn negative_lengths_and_counts_are_refused() {
    for data in [
        [long(0), long(-1)].concat(),
        [long(6), long(-1)].concat(),
        [long(6), long(i64::MIN)].concat(),
        // Negative counts of items, with a negative size, and without the items.
        [long(3), long(-1), long(-1)].concat(),
        [long(3), long(i64::MIN), long(0), long(0)].concat(),
        [long(4), long(i64::MIN), long(0)].concat(),
    ] {
        assert_refused(decode(&[], &data), DecodeErrorKind::Malformed);
    }
    let name = [long(1), long(-1)].concat();
    assert_refused(Avro.decode(name.into()), DecodeErrorKind::Malformed);
}

#[test]
fn deep_data_is_refused_and_does_not_use_the_stack() {
    let mut data = long(4);
    for _ in 0..10_000 {
        // An array of one record, whose map has one member.
        data.extend([long(1), long(1), text("a"), long(3)].concat());
    }
    data.extend(long(0));
    for _ in 0..10_000 {
        // The ends of the map, and of the array around its record.
        data.extend([long(0), long(0)].concat());
    }
    assert_refused(decode(&[], &data), DecodeErrorKind::TooLarge);
    let avro = Avro.with_limits(Limits::UNLIMITED);
    let event = avro.decode(record(&[], &data)).unwrap();
    assert!(event.data().is_some_and(Data::is_json));
    assert_eq!(
        event.data().unwrap().as_bytes().len(),
        10_000 * "[{\"a\":}]".len() + 2
    );
    let text = "[".repeat(10_000) + &"]".repeat(10_000);
    let json = entry("datacontenttype", 3, &super::text("application/json"));
    let data = [long(6), super::text(text)].concat();
    assert_refused(decode(&[json], &data), DecodeErrorKind::TooLarge);
}

#[test]
fn sizes_and_counts_are_limited() {
    let event = message::full();
    let bytes = Avro.encode(&event).unwrap();
    let count = event.attributes().count();
    for (limits, limit) in [
        (Limits::DEFAULT.body_bytes(bytes.len() - 1), "body_bytes"),
        (Limits::DEFAULT.attributes(count - 1), "attributes"),
        (Limits::DEFAULT.attribute_bytes(15), "attribute_bytes"),
    ] {
        let error = Avro.with_limits(limits).decode(bytes.clone());
        let error = error.unwrap_err();
        assert_eq!(error.exceeded().map(LimitExceeded::limit), Some(limit));
    }
    let exact = Limits::DEFAULT.body_bytes(bytes.len()).attributes(count);
    Avro.with_limits(exact).decode(bytes).unwrap();
}

#[test]
fn a_million_attributes_are_refused() {
    let attribute = entry("n", 1, b"\x01");
    let bytes = [
        long(1_000_000),
        attribute.repeat(1_000_000),
        long(0),
        NONE.to_vec(),
    ];
    assert_refused(
        Avro.decode(bytes.concat().into()),
        DecodeErrorKind::TooLarge,
    );
    // Empty records of one byte each are JSON of three.
    let data = [long(4), long(1_000_000), vec![0; 1_000_000], long(0)].concat();
    let event = decode(&[], &data).unwrap();
    assert_eq!(event.data().unwrap().as_bytes().len(), 3_000_001);
    assert_eq!(
        minimal()
            .data(event.data().unwrap().clone())
            .build()
            .unwrap(),
        event
    );
}
