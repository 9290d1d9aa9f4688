//! Walks through a JSON text, one token at a time.
//!
//! It knows objects, arrays and plain strings; every other value is read by `serde_json` at the
//! place where it stands, straight into its type.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;

use super::attributes::attributes;
use crate::codec::{DataPlace, ReadData};
use crate::error::DecodeError;
use crate::event::Envelope;
use crate::event::json::{Malformed, is_space, plain_ascii_len, plain_len, walk};

pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the next byte that is not white space, without taking it.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let next = *self.text.as_bytes().get(self.at)?;
            if next > b' ' || !is_space(next) {
                return Some(next);
            }
            self.at += 1;
        }
    }

    /// Takes one byte of punctuation.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// Takes one byte of punctuation if it is next.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Walks through the elements of an object or array, from its opening byte to its end.
    pub(super) fn elements<E: From<Malformed>>(
        &mut self,
        open: u8,
        close: u8,
        mut element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(open)?;
        if self.take(close) {
            return Ok(());
        }
        loop {
            element(self)?;
            let next = self.peek();
            self.at += 1;
            match next {
                Some(b',') => {}
                Some(next) if next == close => return Ok(()),
                _ => return Err(Malformed.into()),
            }
        }
    }

    /// Takes members that are attributes, as long as they are plainly written.
    pub(super) fn attributes(&mut self, envelope: &mut Envelope<'a>) {
        self.peek();
        self.at = attributes(self.text, self.at, envelope);
    }

    /// Takes the name of a member and the colon after it, if it is that and written plainly.
    #[inline]
    pub(super) fn take_name<const N: usize>(&mut self, quoted: &[u8; N]) -> bool {
        self.peek();
        let rest = self.text.as_bytes().get(self.at..);
        let found = rest.is_some_and(|rest| rest.first_chunk() == Some(quoted));
        self.at += if found { N } else { 0 };
        found
    }

    /// Takes a string of printable ASCII without escapes, if one is next.
    // A call costs as much as a string does.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn plain_ascii(&mut self) -> Option<&'a str> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        let end = start + plain_ascii_len(&self.text.as_bytes()[start..]);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        self.at = end + 1;
        self.text.get(start..end)
    }

    /// Takes the name of a member and the colon after it.
    #[inline]
    pub(super) fn member_name(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let name = self.string()?;
        self.expect(b':')?;
        Ok(name)
    }

    /// Takes a string; it is copied only where it holds escapes.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        if self.peek() != Some(b'"') {
            return Err(Malformed);
        }
        let start = self.at + 1;
        let end = start + plain_len(&self.text.as_bytes()[start..]);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return self.string_with_escapes().map(Cow::Owned);
        }
        self.at = end + 1;
        Ok(Cow::Borrowed(&self.text[start..end]))
    }

    #[inline(never)]
    fn string_with_escapes(&mut self) -> Result<String, Malformed> {
        let mut text = DataPlace::<String>::json();
        self.read_into(&mut text).map_err(|_| Malformed)?;
        text.take().map_err(|_| Malformed)
    }

    /// Reads the value that is next, and returns where it stands; it stays next where it is another
    /// one than it should be.
    pub(super) fn read_into(
        &mut self,
        value: &mut dyn ReadData,
    ) -> serde_json::Result<Range<usize>> {
        self.peek();
        let start = self.at;
        self.at += value.read_first(self.text.get(start..).unwrap_or_default())?;
        Ok(start..self.at)
    }

    /// Checks the value that is next, moves past it, and returns where it stands and how deep it is
    /// nested.
    pub(super) fn skip(&mut self) -> Result<(Range<usize>, usize), Malformed> {
        self.peek();
        let start = self.at;
        let walked = walk(self.text, start)?;
        self.at = walked.end;
        Ok((start..walked.end, walked.depth))
    }

    /// Returns the text of a place that was skipped.
    pub(super) fn slice(&self, place: &Range<usize>) -> &'a str {
        &self.text[place.clone()]
    }

    /// Checks that nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), Malformed> {
        if self.peek().is_none() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// Says where and why a text is malformed, in the words of `serde_json`.
    pub(super) fn explain(text: &str, expected: &'static str) -> DecodeError {
        match serde_json::from_str::<IgnoredAny>(text) {
            Err(error) => DecodeError::malformed("JSON", error),
            Ok(_) => DecodeError::malformed_because("JSON event", expected),
        }
    }
}
