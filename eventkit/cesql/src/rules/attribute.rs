//! Names and characters of attributes.

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
