//! Events that violate the specification in headers, for the bindings with lenient functions.

use bytes::Bytes;

use super::body_of;
use crate::error::EncodeError;
use crate::event::{Data, JSON, LenientEvent, UncheckedEvent, UncheckedValue, Violation, name};

/// The place of attributes, as it appears in errors.
const PLACE: &str = "headers";

/// Creates an unreadable event in an unregistered format.
pub(super) fn of_unknown_format(
    header: &'static str,
    media_type: &str,
    section: &'static str,
) -> LenientEvent {
    let expected = "a registered event format";
    let violation = Violation::new(header, media_type, expected, section);
    let event = UncheckedEvent {
        attributes: Vec::new(),
        data: Err("no event format is registered for the media type of the event"),
    };
    LenientEvent::new(event, vec![violation])
}

/// Returns the value of a header that cannot be decoded.
pub(super) fn raw_text(value: &[u8]) -> UncheckedValue {
    match std::str::from_utf8(value) {
        Ok(text) => UncheckedValue::Text(text.to_owned()),
        Err(_) => UncheckedValue::Bytes(Bytes::copy_from_slice(value)),
    }
}

/// Encodes an event that was received in another mode or format: adds the header of each attribute,
/// and returns the body.
pub(super) fn encode(
    event: &UncheckedEvent,
    mut append: impl FnMut(&str, &str) -> Result<(), EncodeError>,
) -> Result<Option<Bytes>, EncodeError> {
    event.check_names(str::to_ascii_lowercase, PLACE)?;
    for (name, value) in &event.attributes {
        let text = header_text(value).ok_or_else(|| EncodeError::header(name))?;
        append(name, text)?;
    }
    let data = event.data.as_ref().map_err(|why| EncodeError::data(*why))?;
    let is_json = data.as_ref().is_some_and(Data::is_json);
    if is_json && event.attribute(name::DATACONTENTTYPE).is_none() {
        // JSON format, 3.1.2: data without a content type is JSON, so the content type is added.
        append(name::DATACONTENTTYPE, JSON)?;
    }
    let content_type = event
        .attribute(name::DATACONTENTTYPE)
        .map(UncheckedValue::to_text);
    let body = data.as_ref();
    body.map(|data| body_of(data, content_type.as_deref()))
        .transpose()
}

/// Returns the text of a value in a header.
fn header_text(value: &UncheckedValue) -> Option<&str> {
    match value {
        UncheckedValue::Text(text) => Some(text),
        // A value that is neither a string, an array nor an object.
        UncheckedValue::Json(json) if !json.starts_with(['"', '[', '{']) => Some(json),
        UncheckedValue::Json(_) | UncheckedValue::Bytes(_) => None,
    }
}
