//! The encoder of Avro events.

use bytes::Bytes;
use eventkit::event::{AttributeRef, Data, DataKind};
use eventkit::{EncodeError, Event};

use super::CONTENT_TYPE;
use super::unions::{attribute, data};
use super::writer;
use crate::sizes;

/// The bytes of an event besides its texts and its data: lengths, and names of core attributes.
const OVERHEAD: usize = 160;

/// Encodes one event.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the encoders of other formats, which have the same functions, return errors"
)]
pub(super) fn event(event: &Event) -> Result<Bytes, EncodeError> {
    let mut out = Vec::with_capacity(capacity(event));
    attributes(&mut out, event);
    field_data(&mut out, event.data());
    Ok(out.into())
}

/// Returns the error for a batch, which the format does not have.
pub(super) fn batch(_events: &[Event]) -> Result<Bytes, EncodeError> {
    Err(EncodeError::no_batch(CONTENT_TYPE))
}

/// Returns a number of bytes that nearly every event fits in.
fn capacity(event: &Event) -> usize {
    let core = sizes::core_attributes(event);
    let extensions = event.extensions().iter();
    let extensions = extensions.map(|(name, value)| name.len() + value.to_text().len() + 6);
    OVERHEAD + core + extensions.sum::<usize>() + sizes::data(event)
}

/// Writes the field `attribute`, as one block.
fn attributes(out: &mut Vec<u8>, event: &Event) {
    writer::count(out, event.attributes().count());
    for (name, value) in event.attributes() {
        writer::bytes(out, name.as_bytes());
        match value {
            AttributeRef::Boolean(flag) => {
                writer::count(out, attribute::BOOLEAN);
                out.push(u8::from(flag));
            }
            AttributeRef::Integer(number) => {
                writer::count(out, attribute::INT);
                writer::long(out, number.into());
            }
            AttributeRef::Binary(bytes) => {
                writer::count(out, attribute::BYTES);
                writer::bytes(out, bytes);
            }
            // Text, and the times that Avro has as text.
            _ => {
                writer::count(out, attribute::STRING);
                writer::bytes(out, value.into_text().as_bytes());
            }
        }
    }
    writer::count(out, 0);
}

/// Writes the field `data`.
fn field_data(out: &mut Vec<u8>, field: Option<&Data>) {
    let Some(found) = field else {
        return writer::count(out, data::NULL);
    };
    writer::count(
        out,
        match found.kind() {
            DataKind::Json | DataKind::Text => data::STRING,
            DataKind::Binary => data::BYTES,
        },
    );
    writer::bytes(out, found.as_bytes());
}
