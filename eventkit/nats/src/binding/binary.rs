//! The headers of messages in binary content mode.

use std::borrow::Cow;

use eventkit::binding::BinaryReader;
use eventkit::{DecodeError, Limits};

const PREFIX: &str = "ce-";

/// Returns the name of the attribute of a header; header names are case-insensitive.
pub(super) fn attribute(header: &str) -> Option<Cow<'_, str>> {
    let (prefix, attribute) = header.split_at_checked(PREFIX.len())?;
    if !prefix.eq_ignore_ascii_case(PREFIX) {
        return None;
    }
    Some(if attribute.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(attribute.to_ascii_lowercase())
    } else {
        Cow::Borrowed(attribute)
    })
}

/// Collects the attributes from the headers of a message.
pub(super) fn read<N: AsRef<str>, V: AsRef<str>>(
    headers: &[(N, V)],
    limits: Limits,
) -> Result<BinaryReader<'_>, DecodeError> {
    let mut reader = BinaryReader::new(limits);
    let mut is_event = false;
    for (header, value) in headers {
        if let Some(attribute) = attribute(header.as_ref()) {
            is_event |= matches!(&*attribute, "specversion" | "id" | "type");
            reader.header(
                attribute,
                value.as_ref().as_bytes(),
                "NATS binding, 3.1.3.2",
            );
        }
    }
    if is_event {
        return Ok(reader);
    }
    let reason = "neither an `application/cloudevents` content type nor `ce-` headers";
    Err(DecodeError::not_an_event(reason))
}
