//! The type URLs of data that is a Protobuf message, and the attributes that carry them.

use std::borrow::Cow;

use eventkit::Event;
use eventkit::event::{MediaType, Uri};

/// The media type of data that is a Protobuf message (Protobuf format, 3).
pub(super) const PROTOBUF: &str = "application/protobuf";

/// The prefix of type URLs that stands for no registry in particular.
const DEFAULT_PREFIX: &str = "type.googleapis.com/";
/// The scheme of a type URL without one (`google.protobuf.Any`).
const DEFAULT_SCHEME: &str = "https://";
/// The parameter of the media type that names the message.
const PARAMETER: &str = "proto";

/// Returns the type URL of the data of an event, or `None` if the data is not a Protobuf message,
/// or its type is unknown.
pub(super) fn of(event: &Event) -> Option<String> {
    let media_type = declared(event.data_content_type()?)?;
    if let Some(named) = media_type.parameter(PARAMETER) {
        return from_parameter(named);
    }
    let schema = event.data_schema()?;
    let type_url = without_scheme(schema);
    is_valid(type_url).then(|| type_url.to_owned())
}

/// Returns the media type if data of it is a Protobuf message.
pub(super) fn declared(content_type: &str) -> Option<MediaType> {
    let has_name = |part: &[u8]| part.eq_ignore_ascii_case(b"proto");
    if !content_type.as_bytes().windows(5).any(has_name) {
        return None;
    }
    let media_type = MediaType::parse(content_type).ok()?;
    let subtype = media_type.subtype();
    let subtype = subtype
        .strip_prefix("x-")
        .or_else(|| subtype.strip_prefix("vnd.google."))
        .unwrap_or(subtype);
    let is_protobuf = subtype == "protobuf" || media_type.suffix() == Some("protobuf");
    is_protobuf.then_some(media_type)
}

/// Returns whether a type URL ends with a `/` and the full name of a message.
pub(super) fn is_valid(type_url: &str) -> bool {
    let name = type_url.rsplit_once('/').map(|(_, name)| name);
    name.is_some_and(|name| name.split('.').all(is_identifier))
}

fn is_identifier(part: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    part.starts_with(is_letter) && part.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

/// Returns whether a `dataschema` is the type URL.
pub(super) fn is_schema(schema: &str, type_url: &str) -> bool {
    without_scheme(schema) == without_scheme(type_url)
}

fn without_scheme(url: &str) -> &str {
    url.strip_prefix(DEFAULT_SCHEME).unwrap_or(url)
}

/// Returns the `dataschema` that carries a type URL: the same as a URI, if that is possible.
pub(super) fn to_schema(type_url: &str) -> Option<String> {
    [type_url.to_owned(), format!("{DEFAULT_SCHEME}{type_url}")]
        .into_iter()
        .find(|uri| Uri::new(uri.as_str()).is_ok())
}

/// Returns the content type with the parameter that carries a type URL.
pub(super) fn with_parameter(content_type: &str, type_url: &str) -> String {
    match type_url.strip_prefix(DEFAULT_PREFIX) {
        Some(name) => format!("{content_type}; {PARAMETER}={name}"),
        None => format!("{content_type}; {PARAMETER}=\"{}\"", escaped(type_url)),
    }
}

/// Returns whether a media type carries the type URL in its parameter.
pub(super) fn is_named(media_type: &MediaType, type_url: &str) -> Option<bool> {
    let named = media_type.parameter(PARAMETER)?;
    Some(from_parameter(named).as_deref() == Some(type_url))
}

fn from_parameter(named: String) -> Option<String> {
    let type_url = if named.contains('/') {
        named
    } else {
        format!("{DEFAULT_PREFIX}{named}")
    };
    is_valid(&type_url).then_some(type_url)
}

/// Escapes the characters that end a quoted string.
fn escaped(text: &str) -> Cow<'_, str> {
    if text.contains(['"', '\\']) {
        Cow::Owned(text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        Cow::Borrowed(text)
    }
}
