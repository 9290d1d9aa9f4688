//! The headers of messages in binary content mode.

use http::HeaderMap;

use super::header_name;
use crate::binding::BinaryReader;
use crate::error::DecodeError;
use crate::event::{AttributeRef, Limits, Violation, name};

pub(super) const PREFIX: &str = "ce-";

/// Reads the headers of a message.
pub(super) fn read<'a>(
    headers: &'a HeaderMap,
    content_type: Option<&'a str>,
    limits: Limits,
) -> Result<BinaryReader<'a>, DecodeError> {
    if !headers.contains_key(&header_name::SPECVERSION)
        && !headers.contains_key(&header_name::ID)
        && !headers.contains_key(&header_name::TYPE)
    {
        let reason = "neither an `application/cloudevents` content type nor `ce-` headers";
        return Err(DecodeError::not_an_event(reason));
    }
    let mut reader = BinaryReader::new(limits);
    for (header, value) in headers {
        match header.as_str().strip_prefix(PREFIX) {
            Some(name::DATACONTENTTYPE) => {
                let value = String::from_utf8_lossy(value.as_bytes());
                let (expected, section) =
                    ("the `Content-Type` header instead", "HTTP binding, 3.1.1");
                let violation = Violation::new(name::DATACONTENTTYPE, &value, expected, section);
                reader.refuse(violation);
            }
            Some(attribute) => reader.header(attribute, value.as_bytes(), "HTTP binding, 3.1.3.2"),
            None => {}
        }
    }
    if let Some(content_type) = content_type {
        reader.attribute(name::DATACONTENTTYPE, AttributeRef::Text(content_type));
    }
    Ok(reader)
}
