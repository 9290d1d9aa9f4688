//! The core attributes of an event that are text, in one piece of memory.

use bytes::Bytes;
use bytestring::ByteString;

use super::name;

/// The number of core attributes that are text: all but the version and the time.
const COUNT: usize = 6;
/// The index in [`name::CORE`] of the first of them; the others follow.
const FIRST_INDEX: usize = name::ID_AT;

/// The texts of the core attributes; a clone shares them.
///
/// Attributes are named by their index in [`name::CORE`].
#[derive(Debug, Clone)]
pub(crate) struct CoreAttributes {
    buffer: ByteString,
    spans: [Span; COUNT],
}

/// The location of the text of one attribute.
#[derive(Debug, Clone, Copy)]
enum Span {
    Unset,
    Static(&'static str),
    Buffer { start: usize, len: usize },
}

/// The text of one attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CoreText<'a> {
    /// A literal, which is never copied.
    Static(&'static str),
    /// Any other text.
    Dynamic(&'a str),
}

impl CoreAttributes {
    /// Copies texts into a buffer of their own.
    pub(crate) fn copy_from<'a>(text: impl Fn(usize) -> Option<CoreText<'a>>) -> Self {
        let texts = (0..COUNT).map(|at| match text(at + FIRST_INDEX) {
            Some(CoreText::Dynamic(text)) => text,
            _ => "",
        });
        let mut buffer = String::with_capacity(texts.clone().map(str::len).sum());
        texts.for_each(|text| buffer.push_str(text));
        let mut end = 0;
        Self::new(buffer.into(), text, |_, text| {
            let start = end;
            end += text.len();
            Some(start)
        })
        .unwrap_or_default()
    }

    /// Shares the message that holds the texts, or returns `None` if it does not hold all of them.
    pub(crate) fn share_message<'a>(
        message: &ByteString,
        text: impl Fn(usize) -> Option<CoreText<'a>>,
    ) -> Option<Self> {
        Self::new(message.clone(), text, |message, text| {
            let start = text.as_ptr().addr().checked_sub(message.as_ptr().addr())?;
            (start + text.len() <= message.len()).then_some(start)
        })
    }

    /// Collects the spans of texts in a buffer; a function finds where one starts.
    fn new<'a>(
        buffer: ByteString,
        text: impl Fn(usize) -> Option<CoreText<'a>>,
        mut start_of: impl FnMut(&str, &str) -> Option<usize>,
    ) -> Option<Self> {
        let mut spans = [Span::Unset; COUNT];
        for (at, span) in spans.iter_mut().enumerate() {
            *span = match text(at + FIRST_INDEX) {
                None => Span::Unset,
                Some(CoreText::Static(text)) => Span::Static(text),
                Some(CoreText::Dynamic(text)) => Span::Buffer {
                    start: start_of(&buffer, text)?,
                    len: text.len(),
                },
            };
        }
        Some(Self { buffer, spans })
    }

    /// Returns the text of an attribute.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&str> {
        match self.text(at)? {
            CoreText::Static(text) | CoreText::Dynamic(text) => Some(text),
        }
    }

    /// Returns the text of an attribute, and whether it is a literal.
    #[inline]
    pub(crate) fn text(&self, at: usize) -> Option<CoreText<'_>> {
        match *self.spans.get(at.checked_sub(FIRST_INDEX)?)? {
            Span::Unset => None,
            Span::Static(text) => Some(CoreText::Static(text)),
            Span::Buffer { start, len } => {
                let text = self.buffer.get(start..start + len)?;
                Some(CoreText::Dynamic(text))
            }
        }
    }

    /// Shares the memory of a text that is one of these.
    pub(crate) fn share(&self, text: &str) -> Bytes {
        self.buffer.as_bytes().slice_ref(text.as_bytes())
    }

    /// Sets or unsets texts, and releases a message that was shared.
    pub(crate) fn set(&mut self, texts: &[(usize, Option<&str>)]) {
        *self = Self::copy_from(|at| match texts.iter().find(|(own, _)| *own == at) {
            Some((_, text)) => text.map(CoreText::Dynamic),
            None => self.text(at),
        });
    }
}

impl Default for CoreAttributes {
    fn default() -> Self {
        Self {
            buffer: ByteString::new(),
            spans: [Span::Unset; COUNT],
        }
    }
}

impl PartialEq for CoreAttributes {
    fn eq(&self, other: &Self) -> bool {
        let mut all = (0..COUNT).map(|at| at + FIRST_INDEX);
        all.all(|at| self.get(at) == other.get(at))
    }
}

impl Eq for CoreAttributes {}
