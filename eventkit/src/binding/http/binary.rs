//! The headers of messages in binary content mode.

use std::borrow::Cow;

use http::HeaderMap;

use super::header_name;
use crate::binding::binary;
use crate::error::DecodeError;
use crate::event::{Envelope, Scalar, Violation, name};

pub(super) const PREFIX: &str = "ce-";

/// Reads the headers of a message.
pub(super) fn read<'a>(
    headers: &'a HeaderMap,
    content_type: Option<&'a str>,
    body: &[u8],
    envelope: &mut Envelope<'a>,
) -> Result<(), DecodeError> {
    if !headers.contains_key(&header_name::SPECVERSION)
        && !headers.contains_key(&header_name::ID)
        && !headers.contains_key(&header_name::TYPE)
    {
        let reason = "neither an `application/cloudevents` content type nor `ce-` headers";
        return Err(DecodeError::not_an_event(reason));
    }
    for (header, value) in headers {
        let Some(attribute) = header.as_str().strip_prefix(PREFIX) else {
            continue;
        };
        if attribute == name::DATACONTENTTYPE {
            let expected = "the `Content-Type` header instead";
            let value = String::from_utf8_lossy(value.as_bytes());
            envelope.refuse(Violation::new(
                attribute.to_owned(),
                &value,
                expected,
                "HTTP binding, 3.1.1",
            ));
            continue;
        }
        binary::set(
            envelope,
            Cow::Borrowed(attribute),
            value.as_bytes(),
            "HTTP binding, 3.1.3.2",
        );
    }
    if let Some(content_type) = content_type {
        envelope.set(
            Cow::Borrowed(name::DATACONTENTTYPE),
            Scalar::Text(Cow::Borrowed(content_type)),
        );
    }
    binary::limit_depth(envelope, body);
    Ok(())
}
