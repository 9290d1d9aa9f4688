//! Events to messages.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Message;
use super::decode::PREFIX;
use crate::binding::{self, header_value};
use crate::error::EncodeError;
use crate::event::{Event, declares_events, name};
use crate::format::Format;

/// The headers of the core attributes, but for the content type.
static CORE: [(&str, HeaderName); 7] = [
    (name::SPECVERSION, HeaderName::from_static("ce-specversion")),
    (name::ID, HeaderName::from_static("ce-id")),
    (name::SOURCE, HeaderName::from_static("ce-source")),
    (name::TYPE, HeaderName::from_static("ce-type")),
    (name::SUBJECT, HeaderName::from_static("ce-subject")),
    (name::TIME, HeaderName::from_static("ce-time")),
    (name::DATASCHEMA, HeaderName::from_static("ce-dataschema")),
];

/// Encodes an event in binary content mode: attributes as headers, data as body (section 3.1).
///
/// # Errors
///
/// Returns an error if an attribute does not fit into a header, since its name is longer than 64
/// KiB or the event has more attributes than a [`HeaderMap`] holds, about 24,000; or if the event was
/// decoded from a format that carries more than this mode: a content type of events, which would make
/// the message one in structured mode, or text in another charset than UTF-8.
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
        // Not percent-encoded: it is the header of HTTP, not one of the binding (section 3.1.1).
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

/// Returns the header of a content type that does not make a message one in another mode.
fn content_type_header(text: &str) -> Result<HeaderValue, EncodeError> {
    let wrong = || EncodeError::header(name::DATACONTENTTYPE);
    // White space at the ends is no part of a header, and would hide what the text is.
    let text = text.trim();
    if declares_events(text) {
        return Err(wrong());
    }
    HeaderValue::from_str(text).map_err(|_| wrong())
}

/// Encodes an event in structured content mode: all of it in the body (section 3.2).
///
/// # Errors
///
/// Returns an error if the format cannot hold the event.
pub fn encode_structured(event: &Event, format: &dyn Format) -> Result<Message, EncodeError> {
    in_body(format.content_type(), format.encode(event)?)
}

/// Encodes events in batched content mode (section 3.3); the batch may be empty.
///
/// # Errors
///
/// Returns an error if the format has no batches, or cannot hold an event.
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
