//! The content mode of messages with headers, for bindings without batches.

use std::borrow::Cow;

use crate::error::DecodeError;
use crate::event::{MediaType, Violation, declares_batch, declares_events, is_utf8};
use crate::format::{Format, Json};

/// Returns the name of the attribute in a header with the prefix of a binding, in lower case; names
/// of headers match in any case.
///
/// ```
/// use eventkit::binding::attribute_name;
///
/// assert_eq!(attribute_name("ce-subject", "ce-").as_deref(), Some("subject"));
/// assert_eq!(attribute_name("CE-Subject", "ce-").as_deref(), Some("subject"));
/// assert_eq!(attribute_name("content-type", "ce-"), None);
/// ```
#[must_use]
pub fn attribute_name<'a>(header: &'a str, prefix: &str) -> Option<Cow<'a, str>> {
    let (start, attribute) = header.split_at_checked(prefix.len())?;
    if !start.eq_ignore_ascii_case(prefix) {
        return None;
    }
    Some(if attribute.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(attribute.to_ascii_lowercase())
    } else {
        Cow::Borrowed(attribute)
    })
}

/// Returns whether a content type declares structured content mode; it may be malformed.
///
/// ```
/// use eventkit::binding::is_structured;
///
/// assert!(is_structured("Application/CloudEvents+JSON; charset=utf-8"));
/// assert!(!is_structured("application/json"));
/// ```
#[must_use]
pub fn is_structured(content_type: &str) -> bool {
    declares_events(content_type)
}

/// Returns the media type of the event format that a content type declares, in lower case and
/// without parameters. In binary content mode, it returns `None`.
///
/// A [`Violation`] refers to the header that contains the content type, and to `section`, the section
/// of the binding on content modes. HTTP has batches, and a function of its own.
///
/// ```
/// use eventkit::binding::structured_format;
///
/// let format = |content_type| structured_format("content-type", content_type, "Kafka binding, 3");
/// let json = format("application/cloudevents+json; charset=utf-8")?;
/// assert_eq!(json.as_deref(), Some("application/cloudevents+json"));
/// assert_eq!(format("application/json")?, None);
/// assert!(format("application/cloudevents+json; charset=latin1").is_err());
/// # Ok::<(), eventkit::DecodeError>(())
/// ```
///
/// # Errors
///
/// Returns an error if the content type declares structured content mode and is malformed, has a
/// charset other than UTF-8, or is that of a batch.
pub fn structured_format(
    header: &'static str,
    content_type: &str,
    section: &'static str,
) -> Result<Option<String>, DecodeError> {
    if !is_structured(content_type) {
        return Ok(None);
    }
    let violation = |expected| Violation::new(header, content_type, expected, section);
    let media_type = MediaType::parse(content_type).map_err(|_| violation("a media type"))?;
    let charset = media_type.parameter("charset");
    if charset.is_some_and(|charset| !is_utf8(&charset)) {
        // Another reader might decode the bytes differently.
        return Err(violation("UTF-8 as the charset of events").into());
    }
    let essence = media_type.into_essence();
    if declares_batch(&essence) {
        return Err(DecodeError::a_batch());
    }
    Ok(Some(essence))
}

/// The number of bytes of a body that are searched for an event with another content type.
const SEARCHED_BYTES: usize = 4096;

/// Creates the error for a message without the headers of an event. If the body looks like an
/// event, the error names the content type that it should have.
pub(super) fn not_an_event(prefix: &str, body: &[u8]) -> DecodeError {
    let reason =
        format!("neither an `application/cloudevents` content type nor `{prefix}` headers");
    let start = &body[..body.len().min(SEARCHED_BYTES)];
    let member = b"\"specversion\"";
    let has_version = start.windows(member.len()).any(|part| part == member);
    let (what, media_type) = match start.trim_ascii_start().first() {
        Some(b'{') if has_version => ("an event", Json.content_type()),
        Some(b'[') if has_version => ("a batch", Json.batch_content_type().unwrap_or_default()),
        _ => return DecodeError::not_an_event(reason),
    };
    DecodeError::not_an_event(format!(
        "{reason}; the body looks like {what} in JSON, which has the content type `{media_type}`"
    ))
}
