//! Attribute values in headers (section 3.1.3.2 of the bindings of HTTP and NATS).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode, utf8_percent_encode};

use crate::event::{Scalar, text};

/// Space, double quote, percent, and all that is not printable ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// Percent-encodes a value; it is copied only where something has to be encoded.
pub(super) fn encode(value: &str) -> Cow<'_, str> {
    if is_itself(value) {
        return Cow::Borrowed(value);
    }
    utf8_percent_encode(value, ENCODED).into()
}

/// Returns whether nothing of a value has to be encoded, as in nearly all.
pub(super) fn is_itself(value: &str) -> bool {
    let itself = |byte: u8| (b'!'..=b'~').contains(&byte) && byte != b'"' && byte != b'%';
    text::all(value.as_bytes(), itself)
}

/// Unquotes a value and percent-decodes it, once each.
///
/// The error says what a value should have been.
#[inline]
pub(super) fn decode(value: &[u8]) -> Result<Scalar<'_>, &'static str> {
    // Most values are what they stand for.
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'%';
    if !value.starts_with(b"\"") && text::all(value, plain) {
        let text = std::str::from_utf8(value).map_err(|_| NOT_UTF8)?;
        return Ok(Scalar::Plain(text));
    }
    other(value).map(Scalar::Text)
}

fn other(value: &[u8]) -> Result<Cow<'_, str>, &'static str> {
    if !value.starts_with(b"\"") && !value.contains(&b'%') {
        return std::str::from_utf8(value)
            .map(Cow::Borrowed)
            .map_err(|_| NOT_UTF8);
    }
    decoded(value).map(Cow::Owned)
}

const NOT_UTF8: &str = "UTF-8 after percent-decoding";

fn decoded(value: &[u8]) -> Result<String, &'static str> {
    let value = unquote(value)?;
    if !is_percent_encoded(&value) {
        return Err("two hexadecimal digits after each `%`");
    }
    String::from_utf8(percent_decode(&value).collect()).map_err(|_| NOT_UTF8)
}

/// Takes the quotes and backslashes off a quoted string (RFC 7230, section 3.2.6).
fn unquote(value: &[u8]) -> Result<Cow<'_, [u8]>, &'static str> {
    let Some(rest) = value.strip_prefix(b"\"") else {
        return Ok(Cow::Borrowed(value));
    };
    let expected = "a closing quote at the end of a quoted string";
    let mut bytes = rest.iter().copied();
    let mut content = Vec::with_capacity(rest.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if bytes.len() == 0 => return Ok(Cow::Owned(content)),
            b'"' => return Err(expected),
            b'\\' => content.push(bytes.next().ok_or(expected)?),
            _ => content.push(byte),
        }
    }
    Err(expected)
}

/// Returns whether every percent sign begins an encoded byte.
fn is_percent_encoded(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| *byte == b'%');
    parts.next();
    parts.all(|part| part.len() >= 2 && part[..2].iter().all(u8::is_ascii_hexdigit))
}
