//! The attributes of an element, as they are written.

use super::chars;
use super::malformed::{Malformed, excerpt};

/// An attribute with its value before references are resolved.
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) raw: &'a str,
}

impl<'a> Attribute<'a> {
    /// Returns the prefix that the attribute declares, or `None` if it declares no namespace.
    pub(super) fn declared_prefix(&self) -> Option<&'a str> {
        match self.name.strip_prefix("xmlns")? {
            "" => Some(""),
            rest => rest.strip_prefix(':'),
        }
    }
}

/// The number of attributes that an element may have, so that comparing them takes little time.
const MAX_ATTRIBUTES: usize = 256;

/// Parses the text between the name and the end of a tag.
pub(super) fn parse(text: &str) -> Result<Vec<Attribute<'_>>, Malformed> {
    let mut attributes = Vec::new();
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches(chars::is_space);
        if trimmed.is_empty() {
            return Ok(attributes);
        }
        if trimmed.len() == rest.len() {
            return Err(Malformed::Attributes);
        }
        if attributes.len() == MAX_ATTRIBUTES {
            return Err(Malformed::TooMany(
                "attributes of an element",
                MAX_ATTRIBUTES,
            ));
        }
        let (attribute, after) = one(trimmed).ok_or(Malformed::Attributes)?;
        check_name(attribute.name)?;
        if attribute.raw.bytes().any(|byte| byte == b'<') {
            return Err(Malformed::Attributes);
        }
        if attributes
            .iter()
            .any(|own: &Attribute<'_>| own.name == attribute.name)
        {
            return Err(Malformed::AttributeTwice);
        }
        attributes.push(attribute);
        rest = after;
    }
}

/// Returns the first attribute, and the text after it.
fn one(text: &str) -> Option<(Attribute<'_>, &str)> {
    let (name, rest) = split_at_byte(text, b'=')?;
    let name = name.trim_end_matches(chars::is_space);
    let rest = rest.trim_start_matches(chars::is_space);
    let quote = rest
        .bytes()
        .next()
        .filter(|byte| matches!(byte, b'"' | b'\''))?;
    let (raw, rest) = split_at_byte(&rest[1..], quote)?;
    Some((Attribute { name, raw }, rest))
}

/// Checks that a name is one with at most one prefix.
pub(super) fn check_name(name: &str) -> Result<(), Malformed> {
    let (prefix, local) = split(name);
    if chars::is_name(local)
        && (prefix.is_empty() || chars::is_name(prefix))
        && !name.starts_with(':')
    {
        Ok(())
    } else {
        Err(Malformed::Name(excerpt(name)))
    }
}

/// Splits a name into its prefix, which may be empty, and its local part.
pub(super) fn split(name: &str) -> (&str, &str) {
    split_at_byte(name, b':').unwrap_or(("", name))
}

/// Splits a text at the first ASCII character of this code.
///
/// For texts as short as most of these, `str::split_once` takes several times as long.
fn split_at_byte(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|own| own == byte)?;
    Some((&text[..at], &text[at + 1..]))
}
