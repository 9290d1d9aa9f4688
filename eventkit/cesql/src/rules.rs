//! Rules of the core specification that eventkit and its macros share. Not part of the public
//! interface.
//!
//! What a macro accepts at compile time, the library has to accept at run time, so each rule exists
//! once. A proc-macro crate cannot export functions and cannot depend on the library that re-exports
//! it. This is the only crate on which both depend, and the parser needs attribute names itself.

use mediatype::{MediaTypeBuf, ReadParams};

pub const ID: &str = "id";
pub const SOURCE: &str = "source";
pub const SPECVERSION: &str = "specversion";
pub const TYPE: &str = "type";
pub const DATACONTENTTYPE: &str = "datacontenttype";
pub const DATASCHEMA: &str = "dataschema";
pub const SUBJECT: &str = "subject";
pub const TIME: &str = "time";
/// A reserved name, but not an attribute.
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

// Where [`CORE`] holds them.
pub const SPECVERSION_AT: usize = 0;
pub const ID_AT: usize = 1;
pub const SOURCE_AT: usize = 2;
pub const TYPE_AT: usize = 3;
pub const DATACONTENTTYPE_AT: usize = 4;
pub const DATASCHEMA_AT: usize = 5;
pub const SUBJECT_AT: usize = 6;
pub const TIME_AT: usize = 7;

/// Returns where [`CORE`] holds a name; of a constant, the compiler knows it.
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

/// Returns whether attribute names may contain a byte (core, Naming Conventions).
#[must_use]
#[inline]
pub const fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9')
}

/// Returns whether values of type `String` may contain a character (core, Type System).
///
/// Control characters and Unicode noncharacters are illegal.
#[must_use]
#[inline]
pub fn is_attribute_char(c: char) -> bool {
    let code = u32::from(c);
    let noncharacter = (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE;
    !c.is_control() && !noncharacter
}

/// Returns whether every character is allowed in the type `String` (core, Type System).
///
/// Surrogates need no check: a `str` has none.
#[must_use]
#[inline]
pub fn is_attribute_text(text: &str) -> bool {
    // Printable ASCII is nearly every value; it needs no decoding.
    is_printable_ascii(text.as_bytes()) || text.chars().all(is_attribute_char)
}

fn is_printable_ascii(bytes: &[u8]) -> bool {
    all(bytes, |byte| matches!(byte, b' '..=b'~'))
}

/// Returns whether something holds of every byte.
///
/// It looks at blocks without leaving them early, which compilers turn into few instructions.
#[must_use]
#[inline]
pub fn all(bytes: &[u8], holds: impl Fn(u8) -> bool) -> bool {
    let in_block = |block: &[u8]| block.iter().fold(true, |all, byte| all & holds(*byte));
    // What is left after the blocks is looked at with bytes that were looked at before.
    if let Some(last) = bytes.last_chunk::<16>() {
        let (blocks, _) = bytes.as_chunks::<16>();
        return blocks.iter().all(|block| in_block(block)) && in_block(last);
    }
    match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => in_block(first) & in_block(last),
        _ => bytes.iter().all(|byte| holds(*byte)),
    }
}

/// The reason why a text is not an event type or pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTypeError {
    Empty,
    /// A segment consists of a `*` and other characters.
    PartialWildcard,
}

/// Checks an event type, or a pattern in which whole segments between dots may be `*`.
///
/// # Errors
///
/// Returns an error if the text is empty, or a `*` is only part of a segment.
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

/// The reason why a text is not a media type.
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
