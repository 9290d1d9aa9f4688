//! A scanner of JSON text: objects, arrays, and strings without escapes.
//!
//! All other values are skipped, or deserialized in place by `serde_json`.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;

use crate::codec::{DataSeed, JsonSeed, read_json};
use crate::error::DecodeError;
use crate::event::json::{self, Skipped, is_space, unescaped_len};

/// The error for text that is not JSON, or does not have the expected form.
///
/// [`explain`] determines the position and the reason in a second pass.
#[derive(Debug)]
pub(super) struct Malformed;

/// A position in a JSON text.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the next byte that is not white space, without consuming it.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let next = *self.text.as_bytes().get(self.at)?;
            if !is_space(next) {
                return Some(next);
            }
            self.at += 1;
        }
    }

    /// Consumes a byte of punctuation if it is next.
    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Consumes a byte of punctuation, which must be next.
    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// Visits the elements of an object or array, from its opening to its closing bracket.
    pub(super) fn elements<E: From<Malformed>>(
        &mut self,
        [open, close]: [u8; 2],
        mut element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(open)?;
        if self.take(close) {
            return Ok(());
        }
        loop {
            element(self)?;
            if !self.take(b',') {
                return Ok(self.expect(close)?);
            }
        }
    }

    /// Returns the next member, if it is a string in the most common form: without escapes and
    /// white space, and not the last member of its object. [`skip_to`](Self::skip_to) moves past
    /// it.
    #[inline]
    pub(super) fn peek_string_member(&self) -> Option<(&'a str, &'a str, usize)> {
        let bytes = self.text.as_bytes();
        let (name, end) = self.run(bytes, self.at, b"\"")?;
        let (value, end) = self.run(bytes, end, b"\":\"")?;
        let after = bytes.get(end..)?;
        after
            .starts_with(b"\",\"")
            .then_some((name, value, end + 2))
    }

    /// Returns the text between an opening and the next special character, and the position of the
    /// latter.
    #[inline]
    fn run(&self, bytes: &[u8], at: usize, opening: &[u8]) -> Option<(&'a str, usize)> {
        let rest = bytes.get(at..)?.strip_prefix(opening)?;
        let start = at + opening.len();
        let end = start + unescaped_len(rest);
        Some((self.text.get(start..end)?, end))
    }

    /// Moves to a position after a peeked member.
    pub(super) fn skip_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Consumes the name of a member and the colon after it.
    #[inline]
    pub(super) fn member_name(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let name = self.string()?;
        self.expect(b':')?;
        Ok(name)
    }

    /// Consumes a string, which is copied only if it contains escapes.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        if let Some(text) = self.unescaped() {
            return Ok(Cow::Borrowed(text));
        }
        let mut text = DataSeed::<String>::new();
        self.read_into(&mut text).map_err(|_| Malformed)?;
        text.finish().map(Cow::Owned).map_err(|_| Malformed)
    }

    /// Consumes a string if it is next and has no escapes.
    #[inline]
    fn unescaped(&mut self) -> Option<&'a str> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let end = start + unescaped_len(&bytes[start..]);
        if bytes.get(end) != Some(&b'"') {
            return None;
        }
        self.at = end + 1;
        self.text.get(start..end)
    }

    /// Deserializes the next value with a seed, and returns its range. If this fails, the value is
    /// not consumed.
    pub(super) fn read_into(
        &mut self,
        seed: &mut dyn JsonSeed,
    ) -> serde_json::Result<Range<usize>> {
        self.peek();
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        self.at += read_json(seed, rest)?;
        Ok(start..self.at)
    }

    /// Skips the next value, and returns its range and its nesting depth.
    pub(super) fn skip(&mut self) -> Result<(Range<usize>, usize), Malformed> {
        self.peek();
        let start = self.at;
        let Skipped { end, depth } = json::skip(self.text, start).ok_or(Malformed)?;
        self.at = end;
        Ok((start..end, depth))
    }

    /// Returns the text of a skipped value.
    pub(super) fn slice(&self, value: &Range<usize>) -> &'a str {
        &self.text[value.clone()]
    }

    /// Checks that only white space is left.
    pub(super) fn end(&mut self) -> Result<(), Malformed> {
        if self.peek().is_none() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }
}

/// Returns the error for malformed text; if it is not JSON, that of `serde_json`.
pub(super) fn explain(text: &str, expected: &'static str) -> DecodeError {
    match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) => DecodeError::malformed("JSON", error),
        Ok(_) => DecodeError::malformed_because("JSON event", expected),
    }
}
