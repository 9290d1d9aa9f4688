//! Bytes that are not the record.

use eventkit::DecodeErrorKind;
use eventkit::format::Format;
use eventkit_formats::avro::Avro;
use eventkit_tests::message;
use eventkit_tests::refusal::{assert_refused, chain};

use super::{NONE, decode, entry, long, record, text};

#[test]
fn a_truncated_or_longer_event_is_refused() {
    let whole = Avro.encode(&message::full()).unwrap();
    for end in 0..whole.len() {
        let decoded = Avro.decode(whole.slice(..end));
        assert_refused(decoded, DecodeErrorKind::Malformed);
    }
    let longer = [&whole[..], b"\0"].concat();
    assert_refused(Avro.decode(longer.into()), DecodeErrorKind::Malformed);
}

#[test]
fn malformed_values_are_refused() {
    for (entries, data, reason) in [
        (vec![], vec![], "ends within a value"),
        (vec![], [NONE, b"x"].concat(), "1 bytes follow the record"),
        (vec![], long(7), "no member 7"),
        (vec![], long(-1), "no member -1"),
        (vec![entry("n", 5, b"")], NONE.to_vec(), "no member 5"),
        (
            vec![entry("n", 1, b"\x02")],
            NONE.to_vec(),
            "is 2, expected 0 or 1",
        ),
        (
            vec![entry("n", 2, &long(1 << 31))],
            NONE.to_vec(),
            "more than 32 bits",
        ),
        (
            vec![entry("n", 2, &[0xFF; 10])],
            NONE.to_vec(),
            "more than 64 bits",
        ),
        (
            vec![entry("n", 3, &text(b"\xff"))],
            NONE.to_vec(),
            "not UTF-8",
        ),
        (vec![], [long(6), text(b"\xff")].concat(), "not UTF-8"),
        (vec![], [long(6), long(-1)].concat(), "is negative"),
        (
            vec![],
            [long(5), vec![0; 7]].concat(),
            "ends within a value",
        ),
        (
            vec![],
            [long(3), long(1), text("a"), long(5)].concat(),
            "no member 5",
        ),
        (
            vec![],
            [long(3), long(-1), long(2), entry("a", 0, b""), long(0)].concat(),
            "another size",
        ),
    ] {
        let error = decode(&entries, &data).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::Malformed, "{error:?}");
        let error = chain(&error);
        assert!(error.contains(reason), "{error}, expected {reason}");
    }
}

#[test]
fn another_version_and_missing_attributes_are_refused() {
    let version = [long(1), entry("specversion", 3, &text("0.3")), long(0)].concat();
    let bytes = [&version, NONE].concat();
    assert_refused(Avro.decode(bytes.into()), DecodeErrorKind::SpecVersion);
    let bytes = [&long(0), NONE].concat();
    assert_refused(Avro.decode(bytes.into()), DecodeErrorKind::Invalid);
}

#[test]
fn other_formats_and_containers_are_refused() {
    let container = [&b"Obj\x01"[..], &record(&[], NONE)].concat();
    for bytes in [
        &b"{\"specversion\":\"1.0\"}"[..],
        b"<event/>",
        b"",
        &container,
    ] {
        let decoded = Avro.decode(bytes.to_vec().into());
        assert_refused(decoded, DecodeErrorKind::Malformed);
    }
}

#[test]
fn there_are_no_batches() {
    let events = [message::full()];
    let error = Avro.encode_batch(&events).unwrap_err();
    assert!(
        error.to_string().contains("does not support batches"),
        "{error}"
    );
    let bytes = Avro.encode(&events[0]).unwrap();
    assert_refused(Avro.decode_batch(bytes), DecodeErrorKind::NotAnEvent);
}
