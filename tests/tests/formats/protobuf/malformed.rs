//! Bytes that are not the message, and fields that are unknown or repeated.

use bytes::Bytes;
use eventkit::DecodeErrorKind;
use eventkit::format::Format;
use eventkit_formats::protobuf::Protobuf;
use eventkit_tests::message;
use eventkit_tests::refusal::{assert_invalid, assert_refused, chain};

/// The required fields of a message, followed by these bytes.
fn with(bytes: &[u8]) -> Bytes {
    let required = b"\x0a\x011\x12\x02/s\x1a\x031.0\x22\x01t";
    [required, bytes].concat().into()
}

#[test]
fn the_required_fields_are_an_event() {
    let event = message::minimal().build().unwrap();
    assert_eq!(Protobuf.decode(with(b"")).unwrap(), event);
    assert_eq!(Protobuf.encode(&event).unwrap(), with(b""));
}

#[test]
fn a_truncated_event_is_refused() {
    let event = message::full();
    let whole = Protobuf.encode(&event).unwrap();
    for end in 0..whole.len() {
        // Between two fields, the rest is a message with fewer fields.
        if let Ok(read) = Protobuf.decode(whole.slice(..end)) {
            assert_ne!(read, event);
        }
    }
}

#[test]
fn unknown_fields_are_skipped() {
    let event = message::minimal().build().unwrap();
    for field in [
        &b"\x98\x06\x01"[..],                        // an integer
        b"\x99\x06\0\0\0\0\0\0\0\0",                 // eight bytes
        b"\x9a\x06\x02hi",                           // bytes
        b"\x9d\x06\0\0\0\0",                         // four bytes
        b"\x9b\x06\x08\x01\x9b\x06\x9c\x06\x9c\x06", // a group with an integer and a group
    ] {
        assert_eq!(Protobuf.decode(with(field)).unwrap(), event, "{field:x?}");
    }
    // In the value of an attribute, next to it.
    let field = b"\x2a\x0b\x0a\x01n\x12\x06\x10\x07\x9a\x06\x01x";
    let read = Protobuf.decode(with(field)).unwrap();
    assert_eq!(read.extension_as::<i32>("n").unwrap(), 7);
}

#[test]
fn malformed_fields_are_refused() {
    for (field, reason) in [
        (&b"\x32"[..], "ends within a field"),
        (b"\x32\x02x", "ends within a field"),
        (b"\x99\x06\0", "ends within a field"),
        (b"\x9b\x06", "ends within a field"),
        (b"\x9c\x06", "a group ends"),
        (b"\x9b\x06\xa4\x06", "a group ends"),
        (b"\x9e\x06", "wire type 6"),
        (b"\x02\x01x", "number 0"),
        (b"\xfa\xff\xff\xff\x7f\x01x", "2^29"),
        (
            b"\x98\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            "64 bits",
        ),
        (
            b"\x98\x06\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
            "64 bits",
        ),
        (b"\x30\x01", "`binary_data` has another wire type"),
        (b"\x3a\x01\xff", "`text_data` is not UTF-8"),
        (b"\x2a\x03\x0a\x01\xff", "`key` is not UTF-8"),
        (
            b"\x2a\x09\x0a\x01n\x12\x04\x10\x01\x10\x01",
            "`attr` is present twice",
        ),
        (
            b"\x2a\x09\x0a\x01n\x12\x04\x10\x01\x08\x01",
            "`attr` is present twice",
        ),
        (b"\x2a\x06\x0a\x01n\x0a\x01n", "`key` is present twice"),
        (b"\x32\x01x\x3a\x01x", "`data` is present twice"),
        (
            b"\x2a\x0b\x0a\x01n\x12\x06\x10\xff\xff\xff\xff\x0f",
            "`ce_integer` is out of range",
        ),
    ] {
        let error = Protobuf.decode(with(field)).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::Malformed, "{error:?}");
        let error = chain(&error);
        assert!(error.contains(reason), "{field:x?}: {error}");
    }
}

#[test]
fn repeated_attributes_are_refused() {
    let section = "core, Context Attributes";
    assert_invalid(Protobuf.decode(with(b"\x0a\x012")), &[("id", section)]);
    let subject = b"\x2a\x0e\x0a\x07subject\x12\x03\x1a\x01x";
    let twice = [&subject[..], subject].concat();
    assert_invalid(Protobuf.decode(with(&twice)), &[("subject", section)]);
    let schema = b"\x2a\x15\x0a\x0adataschema\x12\x07\x2a\x05urn:s";
    let twice = [&schema[..], schema].concat();
    assert_invalid(Protobuf.decode(with(&twice)), &[("dataschema", section)]);
    let extension = b"\x2a\x07\x0a\x01n\x12\x02\x10\x07";
    let twice = [&extension[..], extension].concat();
    assert_invalid(Protobuf.decode(with(&twice)), &[("n", section)]);
}

#[test]
fn another_version_is_refused() {
    let event = Protobuf.decode(Bytes::from_static(
        b"\x0a\x011\x12\x02/s\x1a\x030.3\x22\x01t",
    ));
    assert_refused(event, DecodeErrorKind::SpecVersion);
}

#[test]
fn other_formats_are_refused() {
    for text in ["{\"specversion\":\"1.0\"}", "<event/>", "\0"] {
        assert_refused(Protobuf.decode(text.into()), DecodeErrorKind::Malformed);
    }
}
