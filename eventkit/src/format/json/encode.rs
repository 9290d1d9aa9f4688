//! Writes the members of a JSON event.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::error::EncodeError;
use crate::event::{AttributeRef, Data, DataKind, Event, name};

/// Room for the names, quotes and fixed values of the core attributes.
const ENVELOPE: usize = 160;

/// Returns about how many bytes an event takes, so that one allocation is mostly enough.
pub(super) fn size_hint(event: &Event) -> usize {
    let attributes = [
        Some(event.id()),
        Some(event.source()),
        Some(event.ty()),
        event.subject(),
    ];
    let optional = [event.data_content_type(), event.data_schema()];
    let texts: usize = attributes
        .into_iter()
        .chain(optional)
        .flatten()
        .map(str::len)
        .sum();
    let extensions: usize = event
        .extensions()
        .iter()
        .map(|(name, value)| name.len() + value.to_text().len() + 6)
        .sum();
    let data = event.data().map_or(0, |data| match data.kind() {
        DataKind::Json => data.as_bytes().len(),
        DataKind::Text => data.as_bytes().len() * 9 / 8,
        DataKind::Binary => data.as_bytes().len() * 4 / 3 + 4,
    });
    ENVELOPE + texts + extensions + data
}

pub(super) fn event(event: &Event, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    out.extend_from_slice(br#"{"specversion":"1.0""#);
    let time = event.time().map(|time| time.to_string());
    let texts = [
        (name::ID, Some(event.id())),
        (name::SOURCE, Some(event.source())),
        (name::TYPE, Some(event.ty())),
        (name::SUBJECT, event.subject()),
        (name::TIME, time.as_deref()),
        (name::DATACONTENTTYPE, event.data_content_type()),
        (name::DATASCHEMA, event.data_schema()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            member(name, out);
            string(text, out)?;
        }
    }
    for (name, value) in event.extensions() {
        member(name, out);
        match AttributeRef::from(value) {
            AttributeRef::Boolean(_) | AttributeRef::Integer(_) => {
                out.extend_from_slice(value.to_text().as_bytes());
            }
            other => string(&other.into_text(), out)?,
        }
    }
    if let Some(payload) = event.data() {
        data(payload, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn data(data: &Data, out: &mut Vec<u8>) -> Result<(), EncodeError> {
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

/// Writes a comma and a member name; names hold nothing that JSON escapes.
fn member(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn string(text: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    serde_json::to_writer(out, text).map_err(EncodeError::format)
}
