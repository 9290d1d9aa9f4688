//! Encoder of JSON events, from an event or straight from a typed value.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::Serialize;

use crate::codec;
use crate::error::EncodeError;
use crate::event::{
    AttributeRef, Data, DataKind, Event, GeneratedAttributes, buffer_pool, declares_json, name,
    text,
};
use crate::typed::{EventWriter, ValueAttributes};

const HEAD: &[u8] = br#"{"specversion":"1.0""#;

/// The core attributes that are text, in the order in which they are written.
const TEXTS: [usize; 6] = [
    name::ID_AT,
    name::SOURCE_AT,
    name::TYPE_AT,
    name::SUBJECT_AT,
    name::DATACONTENTTYPE_AT,
    name::DATASCHEMA_AT,
];

/// The number of them that are written before the time.
const TEXTS_BEFORE_TIME: usize = 4;

/// Encodes one event.
pub(super) fn bytes(event: &Event) -> Result<Bytes, EncodeError> {
    let mut out = Vec::with_capacity(size(event));
    self::event(event, &mut out)?;
    Ok(out.into())
}

/// Returns how many bytes an event takes where no text of it has to be escaped.
pub(super) fn size(event: &Event) -> usize {
    let texts: usize = TEXTS
        .iter()
        .filter_map(|at| Some(name::CORE[*at].len() + event.core_attributes().get(*at)?.len() + 6))
        .sum();
    let time = event
        .time()
        .map_or(0, |time| time.text().as_str().len() + 10);
    let extensions: usize = event
        .extensions()
        .iter()
        .map(|(name, value)| {
            let value = AttributeRef::from(value);
            let quotes = if is_bare(value) { 0 } else { 2 };
            name.len() + value.into_text().len() + quotes + 4
        })
        .sum();
    let data = event.data().map_or(0, |data| match data.kind() {
        DataKind::Json => data.as_bytes().len() + 8,
        DataKind::Text => data.as_bytes().len() + 10,
        DataKind::Binary => data.as_bytes().len().div_ceil(3) * 4 + 17,
    });
    HEAD.len() + texts + time + extensions + data + 1
}

/// Returns whether JSON has a type of its own for the value.
fn is_bare(value: AttributeRef<'_>) -> bool {
    matches!(value, AttributeRef::Boolean(_) | AttributeRef::Integer(_))
}

pub(super) fn event(event: &Event, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    attributes(event, out)?;
    if let Some(payload) = event.data() {
        data(payload, out)?;
    }
    out.push(b'}');
    Ok(())
}

/// Writes an event up to its data.
pub(super) fn attributes(event: &Event, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    out.extend_from_slice(HEAD);
    let (before, after) = TEXTS.split_at(TEXTS_BEFORE_TIME);
    members(event, before, out)?;
    if let Some(time) = event.time() {
        member(name::TIME, out);
        out.push(b'"');
        out.extend_from_slice(time.text().as_str().as_bytes());
        out.push(b'"');
    }
    members(event, after, out)?;
    for (name, value) in event.extensions() {
        member(name, out);
        let value = AttributeRef::from(value);
        if is_bare(value) {
            out.extend_from_slice(value.into_text().as_bytes());
        } else {
            string(&value.into_text(), out)?;
        }
    }
    Ok(())
}

pub(super) fn data(data: &Data, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match (data.kind(), data.as_str()) {
        (DataKind::Json, _) => {
            member(name::DATA, out);
            out.extend_from_slice(data.as_bytes());
        }
        (DataKind::Text, Some(text)) => {
            member(name::DATA, out);
            string(text, out)?;
        }
        (DataKind::Text | DataKind::Binary, _) => {
            member(name::DATA_BASE64, out);
            out.push(b'"');
            out.extend_from_slice(BASE64_STANDARD.encode(data.as_bytes()).as_bytes());
            out.push(b'"');
        }
    }
    Ok(())
}

fn members(event: &Event, texts: &[usize], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    for at in texts {
        if let Some(text) = event.core_attributes().get(*at) {
            member(name::CORE[*at], out);
            string(text, out)?;
        }
    }
    Ok(())
}

/// Writes a comma and a member name; names hold nothing that JSON escapes.
fn member(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Writes a string; few hold anything that has to be escaped.
pub(super) fn string(text: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if text::all(text.as_bytes(), |byte| {
        byte >= b' ' && byte != b'"' && byte != b'\\'
    }) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return Ok(());
    }
    serde_json::to_writer(out, text).map_err(EncodeError::format)
}

/// Writer of a typed value as a JSON event.
pub(super) struct JsonWriter;

impl EventWriter for JsonWriter {
    type Output = Bytes;

    fn write_event(self, event: &Event) -> Result<Bytes, EncodeError> {
        bytes(event)
    }

    fn write<D: Serialize + ?Sized>(
        self,
        attributes: ValueAttributes,
        data: &D,
    ) -> Result<Bytes, EncodeError> {
        let write_json = |out: &mut Vec<u8>| serde_json::to_writer(out, data);
        if let Some(head) = attributes.json_head() {
            let mut start = |out: &mut Vec<u8>| {
                generated_attributes(head, out);
                Ok(())
            };
            return with_data(&mut start, &write_json);
        }
        let builder = attributes.into_builder();
        let content_type = builder.data_content_type_or_json();
        if !declares_json(content_type) {
            let data = codec::encode(data, content_type)?;
            return bytes(&builder.data(data).build()?);
        }
        let event = builder.build()?;
        let mut start = |out: &mut Vec<u8>| {
            self::attributes(&event, out)?;
            out.extend_from_slice(b",\"data\":");
            Ok(())
        };
        with_data(&mut start, &write_json)
    }
}

/// Writes an event: its start, and its data. It is compiled once, and not for each type.
fn with_data(
    start: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), EncodeError>,
    data: &dyn Fn(&mut Vec<u8>) -> serde_json::Result<()>,
) -> Result<Bytes, EncodeError> {
    buffer_pool::write_to_bytes(&mut |out| {
        start(out)?;
        data(out).map_err(EncodeError::data)?;
        out.push(b'}');
        Ok(())
    })
}

/// Writes the fixed start of an event, and an id and a time.
fn generated_attributes(head: &str, out: &mut Vec<u8>) {
    let generated = GeneratedAttributes::new();
    let parts = [
        head,
        generated.id(),
        "\",\"time\":\"",
        generated.time(),
        "\",\"data\":",
    ];
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}
