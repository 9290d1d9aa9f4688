//! The characters of XML 1.0, and references to them.

use std::borrow::Cow;

use super::malformed::{Malformed, excerpt};

/// Returns whether a document may contain a character (XML 1.0, `Char`).
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Returns the first character that no document may contain.
pub(super) fn forbidden(text: &str) -> Option<char> {
    // U+FFFE and U+FFFF begin with 0xEF, and few texts have such a byte.
    let is_suspect =
        |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0xEF;
    // A block has no early exit, so compilers vectorize it.
    let has_suspect = |block: &[u8]| block.iter().fold(false, |any, b| any | is_suspect(*b));
    if text.as_bytes().chunks(64).any(has_suspect) {
        text.chars().find(|c| !is_allowed(*c))
    } else {
        None
    }
}

/// Returns whether a character is white space (XML 1.0, `S`).
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Returns whether a text is a name without a colon (Namespaces in XML 1.0, `NCName`).
pub(super) fn is_name(text: &str) -> bool {
    // The names of attributes are of this form.
    if text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
    {
        return true;
    }
    text.starts_with(starts_name) && text.chars().all(|c| starts_name(c) || continues_name(c))
}

fn starts_name(c: char) -> bool {
    matches!(
        c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
            | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
            | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
            | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
            | '\u{10000}'..='\u{EFFFF}'
    )
}

fn continues_name(c: char) -> bool {
    matches!(
        c,
        '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}'
    )
}

/// Resolves the name of an entity, or the number of a character.
pub(super) fn resolve(reference: &str) -> Result<char, Malformed> {
    let Some(number) = reference.strip_prefix('#') else {
        return match reference {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            other => Err(Malformed::Entity(excerpt(other))),
        };
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` would also accept a sign.
    let is_number = digits.chars().all(|c| c.is_digit(radix));
    let code = u32::from_str_radix(digits, radix)
        .ok()
        .filter(|_| is_number);
    let found = code.and_then(char::from_u32).filter(|c| is_allowed(*c));
    found.ok_or(Malformed::CharacterReference)
}

/// Returns the value of an attribute: references are resolved, and white space becomes spaces.
pub(super) fn attribute_value(raw: &str) -> Result<Cow<'_, str>, Malformed> {
    if !raw
        .bytes()
        .any(|byte| matches!(byte, b'&' | b'\t' | b'\n' | b'\r'))
    {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let spaced = raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ");
    let mut parts = spaced.split('&');
    value.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (reference, rest) = part.split_once(';').ok_or(Malformed::CharacterReference)?;
        value.push(resolve(reference)?);
        value.push_str(rest);
    }
    Ok(Cow::Owned(value))
}

/// Appends text as the content of an element.
pub(super) fn escape_text(text: &str, out: &mut String) {
    // A parser would read a raw carriage return as a line feed.
    escape(text, |byte| matches!(byte, b'&' | b'<' | b'>' | b'\r'), out);
}

/// Appends text as the value of an attribute in double quotes.
pub(super) fn escape_attribute(text: &str, out: &mut String) {
    // A parser would read raw white space as spaces.
    let is_special = |byte| matches!(byte, b'&' | b'<' | b'"' | b'\t' | b'\n' | b'\r');
    escape(text, is_special, out);
}

/// Appends text with references for the ASCII characters that are special.
fn escape(text: &str, is_special: impl Fn(u8) -> bool, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(&is_special) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\t' => "&#9;",
            b'\n' => "&#10;",
            _ => "&#13;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}
