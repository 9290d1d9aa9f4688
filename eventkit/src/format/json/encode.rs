//! The encoder of JSON events, from an event or directly from a typed value.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use eventkit_cesql::rules;
use uuid::Uuid;

use crate::codec::{self, DataValue};
use crate::error::EncodeError;
use crate::event::{
    AttributeRef, Data, DataKind, Event, Timestamp, buffer_pool, declares_json, name,
};
use crate::typed::{EventWriter, ValueAttributes};

const HEAD: &[u8] = br#"{"specversion":"1.0""#;

/// Writes an event.
pub(super) fn event(event: &Event, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    attributes(event, out)?;
    if let Some(payload) = event.data() {
        data(payload, out)?;
    }
    out.push(b'}');
    Ok(())
}

/// Writes an event, up to its data.
fn attributes(event: &Event, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    out.extend_from_slice(HEAD);
    core_member(b",\"id\":\"", Some(event.id()), out)?;
    core_member(b",\"source\":\"", Some(event.source()), out)?;
    core_member(b",\"type\":\"", Some(event.ty()), out)?;
    core_member(b",\"subject\":\"", event.subject(), out)?;
    if let Some(time) = event.time() {
        out.extend_from_slice(b",\"time\":");
        plain_string(time.text().as_str(), out);
    }
    core_member(b",\"datacontenttype\":\"", event.data_content_type(), out)?;
    core_member(b",\"dataschema\":\"", event.data_schema(), out)?;
    for (name, value) in event.extensions() {
        member(name, out);
        match AttributeRef::from(value) {
            value @ (AttributeRef::Boolean(_) | AttributeRef::Integer(_)) => {
                out.extend_from_slice(value.into_text().as_bytes());
            }
            AttributeRef::Timestamp(time) => plain_string(time.text().as_str(), out),
            AttributeRef::Text(text) => string(text, out)?,
            value @ AttributeRef::Binary(_) => plain_string(&value.into_text(), out),
        }
    }
    Ok(())
}

/// Writes a core attribute that is text, if it is set, after the start of its member and its string.
fn core_member<const N: usize>(
    start: &[u8; N],
    text: Option<&str>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let Some(text) = text else {
        return Ok(());
    };
    out.reserve(N + text.len() + 1);
    if !is_plain(text) {
        out.extend_from_slice(&start[..N - 1]);
        return string(text, out);
    }
    out.extend_from_slice(start);
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}

/// Writes an array of events.
pub(super) fn batch<E>(
    events: &[E],
    write: fn(&E, &mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<Bytes, EncodeError> {
    buffer_pool::write_to_bytes(&mut |out| {
        out.push(b'[');
        for (at, event) in events.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write(event, out)?;
        }
        out.push(b']');
        Ok(())
    })
}

pub(super) fn data(data: &Data, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match data.kind() {
        DataKind::Json => {
            member(name::DATA, out);
            out.extend_from_slice(data.as_bytes());
        }
        DataKind::Text => {
            member(name::DATA, out);
            // Text was checked when the data was made.
            string(data.as_str().unwrap_or_default(), out)?;
        }
        DataKind::Binary => {
            member(name::DATA_BASE64, out);
            out.push(b'"');
            out.extend_from_slice(BASE64_STANDARD.encode(data.as_bytes()).as_bytes());
            out.push(b'"');
        }
    }
    Ok(())
}

/// Writes a comma and a member name; names contain no characters that JSON escapes.
fn member(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Writes a string; few strings contain characters that must be escaped.
pub(super) fn string(text: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if is_plain(text) {
        plain_string(text, out);
        return Ok(());
    }
    serde_json::to_writer(out, text).map_err(EncodeError::format)
}

/// Returns whether a string holds nothing that JSON escapes.
fn is_plain(text: &str) -> bool {
    rules::all(text.as_bytes(), |byte| {
        byte >= b' ' && byte != b'"' && byte != b'\\'
    })
}

/// Writes a string that holds nothing that JSON escapes.
fn plain_string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// A writer of a typed value as a JSON event.
pub(super) struct JsonWriter;

impl EventWriter for JsonWriter {
    type Output = Bytes;

    fn write_event(self, event: &Event) -> Result<Bytes, EncodeError> {
        buffer_pool::write_to_bytes(&mut |out| self::event(event, out))
    }

    fn write_value(
        self,
        attributes: ValueAttributes,
        data: &dyn DataValue,
    ) -> Result<Bytes, EncodeError> {
        if let Some(head) = attributes.json_head() {
            let mut start = |out: &mut Vec<u8>| {
                generated_attributes(head, out);
                Ok(())
            };
            return with_data(&mut start, data);
        }
        let builder = attributes.into_builder();
        let content_type = builder.data_content_type_or_json();
        if !declares_json(content_type) {
            let data = codec::encode_value(data, content_type)?;
            return self.write_event(&builder.data(data).build()?);
        }
        let event = builder.build()?;
        let mut start = |out: &mut Vec<u8>| {
            self::attributes(&event, out)?;
            out.extend_from_slice(b",\"data\":");
            Ok(())
        };
        with_data(&mut start, data)
    }
}

/// Writes an event: its start, and its data.
fn with_data(
    start: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), EncodeError>,
    data: &dyn DataValue,
) -> Result<Bytes, EncodeError> {
    buffer_pool::write_to_bytes(&mut |out| {
        start(out)?;
        data.write_json(out).map_err(EncodeError::data)?;
        out.push(b'}');
        Ok(())
    })
}

/// Writes the constant start of an event, an id and a time.
fn generated_attributes(head: &str, out: &mut Vec<u8>) {
    let mut id = Uuid::encode_buffer();
    let id = Uuid::new_v4().hyphenated().encode_lower(&mut id);
    let time = Timestamp::now().text();
    let parts = [head, id, "\",\"time\":\"", time.as_str(), "\",\"data\":"];
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}
