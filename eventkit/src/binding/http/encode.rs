//! Encoding of events as messages.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Message;
use super::decode::PREFIX;
use crate::binding::{self, header_value};
use crate::error::EncodeError;
use crate::event::{Event, declares_events, name};
use crate::format::Format;

/// The headers of the core attributes, except the content type.
static CORE: [(&str, HeaderName); 7] = [
    (name::SPECVERSION, HeaderName::from_static("ce-specversion")),
    (name::ID, HeaderName::from_static("ce-id")),
    (name::SOURCE, HeaderName::from_static("ce-source")),
    (name::TYPE, HeaderName::from_static("ce-type")),
    (name::SUBJECT, HeaderName::from_static("ce-subject")),
    (name::TIME, HeaderName::from_static("ce-time")),
    (name::DATASCHEMA, HeaderName::from_static("ce-dataschema")),
];

/// Encodes an event in binary content mode, with attributes as headers and data as the body
/// (section 3.1).
///
/// # Errors
///
/// Returns an error if an attribute does not fit in a header, because its name is longer than 64
/// KiB or the event has more attributes than a [`HeaderMap`] can store, about 24,000. Also returns
/// an error if the event contains something that this mode cannot represent, as it may if it was
/// decoded from a structured format: the content type of an event or batch, which would switch the
/// message to structured mode, or text in a charset other than UTF-8.
pub fn encode_binary(event: &Event) -> Result<Message, EncodeError> {
    let mut headers = HeaderMap::try_with_capacity(8 + event.extensions().len())
        .map_err(|_| EncodeError::too_many_headers())?;
    for (name, value) in event.attributes() {
        append(&mut headers, name, &value.into_text())?;
    }
    let body = binding::body(event)?;
    Ok(Message { headers, body })
}

/// Adds the header of an attribute.
pub(super) fn append(headers: &mut HeaderMap, name: &str, text: &str) -> Result<(), EncodeError> {
    let wrong = || EncodeError::header(name);
    let (header, value) = if name == name::DATACONTENTTYPE {
        // Not percent-encoded: this is the HTTP header, not one of the binding (section 3.1.1).
        (CONTENT_TYPE, content_type_header(text)?)
    } else {
        let header = match CORE.iter().find(|(own, _)| *own == name) {
            Some((_, header)) => header.clone(),
            None => HeaderName::try_from(format!("{PREFIX}{name}")).map_err(|_| wrong())?,
        };
        let value = HeaderValue::from_str(&header_value::encode(text));
        (header, value.map_err(|_| wrong())?)
    };
    headers
        .try_append(header, value)
        .map_err(|_| EncodeError::too_many_headers())?;
    Ok(())
}

/// Returns the header for a content type, which must not switch the message to another mode.
fn content_type_header(text: &str) -> Result<HeaderValue, EncodeError> {
    let wrong = || EncodeError::header(name::DATACONTENTTYPE);
    // Receivers strip white space around the value, so it must not hide the content type of an
    // event here.
    let text = text.trim();
    if declares_events(text) {
        return Err(wrong());
    }
    HeaderValue::from_str(text).map_err(|_| wrong())
}

/// Encodes an event in structured content mode, entirely in the body (section 3.2).
///
/// # Errors
///
/// Returns an error if the format cannot represent the event.
pub fn encode_structured(event: &Event, format: &dyn Format) -> Result<Message, EncodeError> {
    in_body(format.content_type(), format.encode(event)?)
}

/// Encodes events in batched content mode (section 3.3); the batch may be empty.
///
/// # Errors
///
/// Returns an error if the format does not support batches, or cannot represent an event.
pub fn encode_batch(events: &[Event], format: &dyn Format) -> Result<Message, EncodeError> {
    let media_type = format
        .batch_content_type()
        .ok_or_else(|| EncodeError::no_batch(format.content_type()))?;
    in_body(media_type, format.encode_batch(events)?)
}

pub(super) fn in_body(media_type: &str, body: Bytes) -> Result<Message, EncodeError> {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::try_from(media_type).map_err(EncodeError::format)?,
    );
    Ok(Message { headers, body })
}
