//! Encoding of events as messages.

use std::borrow::Cow;

use bytes::Bytes;

use super::Message;
use super::decode::{CONTENT_TYPE, PREFIX};
use crate::binding;
use crate::error::EncodeError;
use crate::event::{Event, declares_events, name};
use crate::format::Format;

/// The headers of the core attributes.
static CORE: [(&str, &str); 8] = [
    (name::SPECVERSION, "ce_specversion"),
    (name::ID, "ce_id"),
    (name::SOURCE, "ce_source"),
    (name::TYPE, "ce_type"),
    (name::SUBJECT, "ce_subject"),
    (name::TIME, "ce_time"),
    (name::DATACONTENTTYPE, CONTENT_TYPE),
    (name::DATASCHEMA, "ce_dataschema"),
];

/// Encodes an event in binary content mode, with attributes as headers and data as the value
/// (section 3.2).
///
/// An event without data has the null value. In a topic with log compaction, such a record is a
/// tombstone: it deletes the records with the same key.
///
/// # Errors
///
/// Returns an error if the event contains something that this mode cannot represent, as it may if
/// it was decoded from a structured format: the content type of an event or batch, which would
/// switch the message to structured mode, or text in a charset other than UTF-8.
pub fn encode_binary(event: &Event) -> Result<Message, EncodeError> {
    let mut headers = Vec::with_capacity(8 + event.extensions().len());
    for (name, value) in event.attributes() {
        headers.push(header(name, value.into_text())?);
    }
    let value = binding::body_if_any(event)?;
    Ok(Message { headers, value })
}

/// Returns the header of an attribute.
pub(super) fn header(
    name: &str,
    text: Cow<'_, str>,
) -> Result<(Cow<'static, str>, Vec<u8>), EncodeError> {
    if name == name::DATACONTENTTYPE && declares_events(text.trim()) {
        return Err(EncodeError::header(name));
    }
    let core = CORE.iter().find(|(own, _)| *own == name);
    let header = match core {
        Some((_, header)) => Cow::Borrowed(*header),
        None => Cow::Owned([PREFIX, name].concat()),
    };
    Ok((header, text.into_owned().into_bytes()))
}

/// Encodes an event in structured content mode, entirely in the value (section 3.3).
///
/// # Errors
///
/// Returns an error if the format cannot represent the event.
pub fn encode_structured(event: &Event, format: &dyn Format) -> Result<Message, EncodeError> {
    Ok(in_value(format.content_type(), format.encode(event)?))
}

pub(super) fn in_value(media_type: &str, value: Bytes) -> Message {
    let content_type = media_type.as_bytes().to_vec();
    Message {
        headers: vec![(Cow::Borrowed(CONTENT_TYPE), content_type)],
        value: Some(value),
    }
}
