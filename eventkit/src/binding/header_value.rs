//! Attribute values in headers: percent-encoding (section 3.1.3.2 of the HTTP and NATS bindings).
//!
//! ```
//! use eventkit::binding::header_value;
//!
//! assert_eq!(header_value::encode("50 % of Zürich"), "50%20%25%20of%20Z%C3%BCrich");
//! assert_eq!(header_value::decode(b"50%20%25%20of%20Z%C3%BCrich")?, "50 % of Zürich");
//! assert_eq!(header_value::decode(br#""a \"quoted\" value""#)?, r#"a "quoted" value"#);
//! assert_eq!(header_value::decode(br#"{"a":"b"}"#)?, r#"{"a":"b"}"#);
//! # Ok::<(), eventkit::event::AttributeError>(())
//! ```
//!
//! # Quotes
//!
//! A receiver must unescape a double-quoted value. Here, a value counts as double-quoted if all of
//! it is a single quoted string (RFC 9110, section 5.6.4). Quotes anywhere else are characters
//! of the value, as in `"quoted text" more` and in JSON, which some producers send unencoded.
//!
//! Other SDKs behave differently. Those for C# and Ruby remove every pair of quotes in a value, so
//! that `{"a":"b"}` becomes `{a:b}`. Nothing is lost between eventkit and these SDKs, because every
//! encoder of an [`Event`](crate::Event) percent-encodes quotes. A
//! [`LenientEvent`](crate::LenientEvent) is passed on with its original quotes.

use std::borrow::Cow;

use eventkit_cesql::rules;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, utf8_percent_encode};

use crate::error::AttributeError;

/// Space, double quote, percent, and all characters other than printable ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

const UTF8: &str = "UTF-8 after percent-decoding";
const DIGITS: &str = "two hexadecimal digits after each `%`";

/// Percent-encodes a value, copying it only if something must be encoded.
#[must_use]
pub fn encode(value: &str) -> Cow<'_, str> {
    if is_encoded(value) {
        return Cow::Borrowed(value);
    }
    utf8_percent_encode(value, ENCODED).into()
}

/// Returns whether a value needs no encoding, like nearly all values.
fn is_encoded(value: &str) -> bool {
    let itself = |byte: u8| (b'!'..=b'~').contains(&byte) && byte != b'"' && byte != b'%';
    rules::all(value.as_bytes(), itself)
}

/// Decodes a value: unquotes it if the whole value is a quoted string, and then percent-decodes it.
///
/// # Errors
///
/// Returns an error if the percent-encoding is malformed, or if the result is not UTF-8.
#[inline]
pub fn decode(value: &[u8]) -> Result<Cow<'_, str>, AttributeError> {
    decode_with(value, false)
}

/// Decodes like [`decode`], but a `%` that does not start an encoded byte may be a literal percent
/// sign.
#[inline]
pub(crate) fn decode_with(
    value: &[u8],
    raw_percent_signs: bool,
) -> Result<Cow<'_, str>, AttributeError> {
    let wrong = |expected| AttributeError::new(&String::from_utf8_lossy(value), expected);
    if !value.starts_with(b"\"") && !value.contains(&b'%') {
        let text = std::str::from_utf8(value);
        return text.map(Cow::Borrowed).map_err(|_| wrong(UTF8));
    }
    decode_escapes(value, raw_percent_signs)
        .map(Cow::Owned)
        .map_err(wrong)
}

/// Decodes like [`decode`]; the error describes what was expected.
fn decode_escapes(value: &[u8], raw_percent_signs: bool) -> Result<String, &'static str> {
    let value = unquote(value);
    if !raw_percent_signs && !is_percent_encoded(&value) {
        return Err(DIGITS);
    }
    String::from_utf8(percent_decode(&value).collect()).map_err(|_| UTF8)
}

/// Removes the quotes and backslashes from a value that is a quoted string.
fn unquote(value: &[u8]) -> Cow<'_, [u8]> {
    match rules::take_quoted_string(value) {
        Some((content, [])) => content,
        _ => Cow::Borrowed(value),
    }
}

/// Returns whether every percent sign starts an encoded byte.
fn is_percent_encoded(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| *byte == b'%');
    parts.next();
    parts.all(|part| part.len() >= 2 && part[..2].iter().all(u8::is_ascii_hexdigit))
}
