//! Events to messages.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::decode::is_structured;
use super::{Message, header_name};
use crate::binding::header_value;
use crate::error::EncodeError;
use crate::event::{CoreText, Event, JSON, name};
use crate::format::Format;

static VERSION: HeaderValue = HeaderValue::from_static("1.0");

/// The core attributes that are text, by their place, but for the media type.
static CORE: [(usize, &HeaderName); 5] = [
    (name::ID_AT, &header_name::ID),
    (name::SOURCE_AT, &header_name::SOURCE),
    (name::TYPE_AT, &header_name::TYPE),
    (name::SUBJECT_AT, &header_name::SUBJECT),
    (name::DATASCHEMA_AT, &header_name::DATASCHEMA),
];

/// Encodes an event in binary content mode: attributes as headers, data as body (section 3.1).
///
/// # Errors
///
/// Where an attribute does not fit into a header, since its name is longer than 64 KiB, or its
/// content type is that of an event, which would make the message one in structured mode; or where
/// the event has more attributes than a [`HeaderMap`] holds, about 24,000.
pub fn encode_binary(event: &Event) -> Result<Message, EncodeError> {
    let mut headers = HeaderMap::try_with_capacity(8 + event.extensions().len())
        .map_err(|_| EncodeError::too_many_headers())?;
    headers.insert(&header_name::SPECVERSION, VERSION.clone());
    for (at, header) in &CORE {
        if let Some(text) = event.core_attributes().text(*at) {
            let value = match text {
                CoreText::Static(literal) if header_value::is_encoded(literal) => {
                    Ok(HeaderValue::from_static(literal))
                }
                CoreText::Dynamic(text) if header_value::is_encoded(text) => {
                    HeaderValue::from_maybe_shared(event.core_attributes().share(text))
                        .map_err(|_| EncodeError::header(name::CORE[*at]))
                }
                CoreText::Static(text) | CoreText::Dynamic(text) => encoded(name::CORE[*at], text),
            };
            headers.insert(*header, value?);
        }
    }
    if let Some(time) = event.time() {
        let time = HeaderValue::from_str(time.text().as_str());
        headers.insert(
            &header_name::TIME,
            time.map_err(|_| EncodeError::header(name::TIME))?,
        );
    }
    for (name, value) in event.extensions() {
        let header = match header_name::known(name) {
            Some(known) => known.clone(),
            None => {
                HeaderName::try_from(format!("ce-{name}")).map_err(|_| EncodeError::header(name))?
            }
        };
        headers.insert(header, encoded(name, &value.to_text())?);
    }
    if let Some(content_type) = event.data_content_type() {
        // Not percent-encoded: it is the header of HTTP, not one of the binding (section 3.1.1).
        let value = match content_type {
            JSON => HeaderValue::from_static(JSON),
            other => content_type_header(other)?,
        };
        headers.insert(CONTENT_TYPE, value);
    }
    let body = event.data().map(|data| data.bytes().clone());
    Ok(Message {
        headers,
        body: body.unwrap_or_default(),
    })
}

/// Returns the header of a content type that does not make a message one in another mode.
pub(super) fn content_type_header(text: &str) -> Result<HeaderValue, EncodeError> {
    let wrong = || EncodeError::header(name::DATACONTENTTYPE);
    if is_structured(text) {
        return Err(wrong());
    }
    HeaderValue::try_from(text).map_err(|_| wrong())
}

fn encoded(name: &str, value: &str) -> Result<HeaderValue, EncodeError> {
    match header_value::encode(value) {
        Cow::Borrowed(text) => HeaderValue::from_str(text),
        Cow::Owned(text) => HeaderValue::try_from(text),
    }
    .map_err(|_| EncodeError::header(name))
}

/// Encodes an event in structured content mode: all of it in the body (section 3.2).
///
/// # Errors
///
/// Where the format cannot hold the event.
pub fn encode_structured(event: &Event, format: &dyn Format) -> Result<Message, EncodeError> {
    in_body(format.content_type(), format.encode(event)?)
}

/// Encodes events in batched content mode (section 3.3); the batch may be empty.
///
/// # Errors
///
/// Where the format has no batches, or cannot hold an event.
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
