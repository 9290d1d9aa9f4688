//! Media types.

use mediatype::{MediaTypeBuf, ReadParams};

/// The media type of JSON data.
pub const JSON: &str = "application/json";

/// Reason why a text is not a media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaTypeError {
    /// The text violates the grammar.
    Syntax,
    /// The text is a range such as `text/*`.
    Range,
    /// The parameter of this name has no value.
    EmptyParameter(String),
}

/// Parses a media type with or without parameters.
///
/// The result lacks trailing semicolons and spaces, which the grammar of HTTP allows.
///
/// # Errors
///
/// Returns an error if the text is not `type/subtype` with well-formed parameters, is a range, or has
/// a parameter without a value.
pub fn parse_media_type(text: &str) -> Result<MediaTypeBuf, MediaTypeError> {
    if !text.is_ascii() {
        return Err(MediaTypeError::Syntax);
    }
    let parsed: MediaTypeBuf = text.parse().map_err(|_| MediaTypeError::Syntax)?;
    let trailing = text.strip_prefix(parsed.as_str());
    let separator = |byte| matches!(byte, b';' | b' ' | b'\t');
    if !trailing.is_some_and(|rest| rest.bytes().all(separator)) {
        return Err(MediaTypeError::Syntax);
    }
    if parsed.essence().to_string().contains('*') {
        return Err(MediaTypeError::Range);
    }
    let mut parameters = parsed.params();
    match parameters.find(|(_, value)| value.as_str().is_empty()) {
        Some((name, _)) => Err(MediaTypeError::EmptyParameter(name.to_string())),
        None => Ok(parsed),
    }
}

/// Returns whether a well-formed media type declares JSON: subtype `json` or suffix `+json`, in any
/// case (JSON format, 3.1.1).
#[must_use]
#[inline]
pub fn declares_json(media_type: &str) -> bool {
    if media_type == JSON {
        return true;
    }
    let essence = media_type.split(';').next().unwrap_or_default().trim_end();
    let subtype = essence.split_once('/').map(|(_, subtype)| subtype);
    let declared = subtype.map(|subtype| {
        subtype
            .rsplit_once('+')
            .map_or(subtype, |(_, suffix)| suffix)
    });
    declared.is_some_and(|declared| declared.eq_ignore_ascii_case("json"))
}
