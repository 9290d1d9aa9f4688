//! Rules of the core specification that eventkit and its macros share. Not part of the public API.
//!
//! The library must accept at run time what a macro accepts at compile time, so each rule exists
//! only once. A proc-macro crate cannot export functions, and cannot depend on the library that
//! re-exports it. Both can depend on this crate, and its parser needs attribute names itself.

use std::borrow::Cow;

pub const ID: &str = "id";
pub const SOURCE: &str = "source";
pub const SPECVERSION: &str = "specversion";
pub const TYPE: &str = "type";
pub const DATACONTENTTYPE: &str = "datacontenttype";
pub const DATASCHEMA: &str = "dataschema";
pub const SUBJECT: &str = "subject";
pub const TIME: &str = "time";
/// A reserved name that is not an attribute.
pub const DATA: &str = "data";
/// A member of the JSON format, never an attribute.
pub const DATA_BASE64: &str = "data_base64";

/// The attributes that the core specification defines.
pub const CORE: [&str; 8] = [
    SPECVERSION,
    ID,
    SOURCE,
    TYPE,
    DATACONTENTTYPE,
    DATASCHEMA,
    SUBJECT,
    TIME,
];

// The indices of names in [`CORE`].
pub const SPECVERSION_AT: usize = 0;
pub const ID_AT: usize = 1;
pub const SOURCE_AT: usize = 2;
pub const TYPE_AT: usize = 3;
pub const DATACONTENTTYPE_AT: usize = 4;
pub const DATASCHEMA_AT: usize = 5;
pub const SUBJECT_AT: usize = 6;
pub const TIME_AT: usize = 7;

/// Returns the index of a name in [`CORE`]. For a constant name, it is evaluated at compile time.
#[must_use]
#[inline]
pub fn core_at(name: &str) -> Option<usize> {
    Some(match name {
        SPECVERSION => SPECVERSION_AT,
        ID => ID_AT,
        SOURCE => SOURCE_AT,
        TYPE => TYPE_AT,
        DATACONTENTTYPE => DATACONTENTTYPE_AT,
        DATASCHEMA => DATASCHEMA_AT,
        SUBJECT => SUBJECT_AT,
        TIME => TIME_AT,
        _ => return None,
    })
}

/// Returns whether attribute names may contain this byte (core, Naming Conventions).
#[must_use]
#[inline]
pub const fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9')
}

/// Returns whether values of type `String` may contain this character (core, Type System).
///
/// Control characters and Unicode noncharacters are illegal.
#[must_use]
#[inline]
pub fn is_attribute_char(c: char) -> bool {
    let code = u32::from(c);
    let noncharacter = (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE;
    !c.is_control() && !noncharacter
}

/// Returns whether all characters are allowed in the type `String` (core, Type System).
///
/// Surrogates need no check, because a `str` cannot contain them.
#[must_use]
#[inline]
pub fn is_attribute_text(text: &str) -> bool {
    // Nearly all values are printable ASCII, which needs no decoding.
    is_printable_ascii(text.as_bytes()) || text.chars().all(is_attribute_char)
}

fn is_printable_ascii(bytes: &[u8]) -> bool {
    all(bytes, |byte| matches!(byte, b' '..=b'~'))
}

/// Returns whether a predicate holds for every byte.
///
/// This processes whole blocks without an early exit, which compilers turn into a few vector
/// instructions.
#[must_use]
#[inline]
pub fn all(bytes: &[u8], holds: impl Fn(u8) -> bool) -> bool {
    let in_block = |block: &[u8]| block.iter().fold(true, |all, byte| all & holds(*byte));
    // The remaining bytes are checked in a block that overlaps the previous one.
    if let Some(last) = bytes.last_chunk::<16>() {
        let (blocks, _) = bytes.as_chunks::<16>();
        return blocks.iter().all(|block| in_block(block)) && in_block(last);
    }
    match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => in_block(first) & in_block(last),
        _ => bytes.iter().all(|byte| holds(*byte)),
    }
}

/// The reason why a text is not a valid event type or pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTypeError {
    Empty,
    /// A segment contains a `*` and other characters.
    PartialWildcard,
}

/// Checks an event type, or a pattern in which whole segments between dots may be `*`.
///
/// # Errors
///
/// Returns an error if the text is empty, or if a `*` is only part of a segment.
pub fn check_pattern(text: &str) -> Result<(), EventTypeError> {
    let mut segments = text.split('.');
    if text.is_empty() {
        Err(EventTypeError::Empty)
    } else if segments.any(|segment| segment.len() > 1 && segment.contains('*')) {
        Err(EventTypeError::PartialWildcard)
    } else {
        Ok(())
    }
}

/// The media type of JSON data.
pub const JSON: &str = "application/json";

/// The reason why a text is not a valid media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaTypeError {
    /// The text violates the grammar.
    Syntax,
    /// The text is a range such as `text/*`.
    Range,
    /// The parameter with this name has no value.
    EmptyParameter(String),
}

/// The parts of a media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaTypeParts<'a> {
    /// The type and subtype.
    pub essence: &'a str,
    /// The names and values of the parameters; quoted values are unquoted.
    pub parameters: Vec<(&'a str, Cow<'a, str>)>,
}

/// Parses a media type with optional parameters, using the grammar of `Content-Type` (RFC 9110,
/// sections 5.6.6 and 8.3.1).
///
/// Spaces and tabs are allowed around semicolons and at the end, and parameters may be empty.
///
/// # Errors
///
/// Returns an error if the text is not ASCII, is not `type/subtype` with well-formed parameters, is a
/// range, or has a parameter without a value.
pub fn parse_media_type(text: &str) -> Result<MediaTypeParts<'_>, MediaTypeError> {
    if !text.is_ascii() {
        return Err(MediaTypeError::Syntax);
    }
    let (ty, rest) = take_token(text);
    let after = rest.strip_prefix('/').ok_or(MediaTypeError::Syntax)?;
    let (subtype, mut rest) = take_token(after);
    if ty.is_empty() || subtype.is_empty() {
        return Err(MediaTypeError::Syntax);
    }
    let essence = &text[..text.len() - rest.len()];
    let mut parameters = Vec::new();
    loop {
        rest = rest.trim_start_matches(OPTIONAL_SPACE);
        if rest.is_empty() {
            break;
        }
        let after = rest.strip_prefix(';').ok_or(MediaTypeError::Syntax)?;
        rest = after.trim_start_matches(OPTIONAL_SPACE);
        if !rest.is_empty() && !rest.starts_with(';') {
            let parameter;
            (parameter, rest) = take_parameter(rest)?;
            parameters.push(parameter);
        }
    }
    if essence.contains('*') {
        return Err(MediaTypeError::Range);
    }
    Ok(MediaTypeParts {
        essence,
        parameters,
    })
}

/// The white space of RFC 9110, section 5.6.3.
const OPTIONAL_SPACE: [char; 2] = [' ', '\t'];

/// Parses a parameter with a value, and returns it together with the rest of the text.
fn take_parameter(text: &str) -> Result<((&str, Cow<'_, str>), &str), MediaTypeError> {
    let (name, rest) = take_token(text);
    let rest = rest.strip_prefix('=').ok_or(MediaTypeError::Syntax)?;
    if name.is_empty() {
        return Err(MediaTypeError::Syntax);
    }
    if rest.starts_with('"') {
        let (value, after) = take_quoted_string(rest.as_bytes()).ok_or(MediaTypeError::Syntax)?;
        let value = match value {
            Cow::Borrowed(value) => String::from_utf8_lossy(value),
            Cow::Owned(value) => Cow::Owned(String::from_utf8_lossy(&value).into_owned()),
        };
        return Ok(((name, value), &rest[rest.len() - after.len()..]));
    }
    let (value, rest) = take_token(rest);
    let is_end = rest.is_empty() || rest.starts_with([';', ' ', '\t']);
    match (value, is_end) {
        ("", true) => Err(MediaTypeError::EmptyParameter(name.to_owned())),
        ("", false) => Err(MediaTypeError::Syntax),
        _ => Ok(((name, Cow::Borrowed(value)), rest)),
    }
}

/// Splits a text after its longest token prefix, which may be empty (RFC 9110, section 5.6.2).
fn take_token(text: &str) -> (&str, &str) {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let end = text.bytes().position(|byte| !is_token(byte));
    text.split_at(end.unwrap_or(text.len()))
}

/// Parses a quoted string, and returns its content together with the rest (RFC 9110, section
/// 5.6.4).
#[must_use]
pub fn take_quoted_string(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let is_content = |byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
    let text = text.strip_prefix(b"\"")?;
    // A copy without backslashes; only needed if there are any.
    let mut copy: Option<Vec<u8>> = None;
    let mut at = 0;
    loop {
        match text.get(at..)? {
            [b'"', rest @ ..] => {
                let content = copy.map_or(Cow::Borrowed(&text[..at]), Cow::Owned);
                return Some((content, rest));
            }
            [b'\\', byte, ..] if is_content(*byte) => {
                let copy = copy.get_or_insert_with(|| text[..at].to_vec());
                copy.push(*byte);
                at += 2;
            }
            [byte, ..] if *byte != b'\\' && is_content(*byte) => {
                if let Some(copy) = &mut copy {
                    copy.push(*byte);
                }
                at += 1;
            }
            _ => return None,
        }
    }
}

/// The prefix of the media types of events and batches, ignoring case (HTTP binding, 3).
const EVENTS: &str = "application/cloudevents";

/// Returns whether a media type denotes events or batches, rather than their data.
#[must_use]
#[inline]
pub fn declares_events(media_type: &str) -> bool {
    let start = media_type.as_bytes().get(..EVENTS.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(EVENTS.as_bytes()))
}

/// Returns whether a well-formed media type declares JSON: the subtype `json` or the suffix
/// `+json`, ignoring case (JSON format, 3.1.1).
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
