//! The Avro event format.

mod attributes;
mod bindings;
mod data;
mod hostile;
mod malformed;
mod others;

use bytes::Bytes;
use eventkit::format::Format;
use eventkit::{DecodeError, Event};
use eventkit_formats::avro::Avro;

/// Returns a `long`, a length, a count, or the position of a member of a union.
fn long(value: i64) -> Vec<u8> {
    let mut value = (value << 1 ^ value >> 63).cast_unsigned();
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Returns a `string` or `bytes`.
fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    [long(i64::try_from(text.len()).unwrap()), text.to_vec()].concat()
}

/// Returns an entry of the map of attributes.
fn entry(name: &str, member: i64, value: &[u8]) -> Vec<u8> {
    [text(name), long(member), value.to_vec()].concat()
}

/// Returns a record with the required attributes, these entries, and these bytes of the union `data`.
fn record(entries: &[Vec<u8>], data: &[u8]) -> Bytes {
    let required = [
        ("specversion", "1.0"),
        ("id", "1"),
        ("source", "/s"),
        ("type", "t"),
    ];
    let required = required.map(|(name, value)| entry(name, 3, &text(value)));
    let count = i64::try_from(required.len() + entries.len()).unwrap();
    let attributes = [long(count), required.concat(), entries.concat(), long(0)];
    [attributes.concat().as_slice(), data].concat().into()
}

/// Decodes a record with these entries, and these bytes of the union `data`.
fn decode(entries: &[Vec<u8>], data: &[u8]) -> Result<Event, DecodeError> {
    Avro.decode(record(entries, data))
}

/// The union `data` of an event without data.
const NONE: &[u8] = b"\x02";
