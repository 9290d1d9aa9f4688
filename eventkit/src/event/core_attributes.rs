//! The textual core attributes of an event, in one buffer.

use bytestring::ByteString;

use super::name;

/// The number of textual core attributes: all but `specversion` and `time`.
const COUNT: usize = 6;
/// The index of the first textual attribute in [`name::CORE`]. The others follow it.
const FIRST_INDEX: usize = name::ID_AT;

/// The textual core attributes. A clone shares their buffer.
///
/// An attribute is identified by its index in [`name::CORE`].
#[derive(Debug, Clone)]
pub(crate) struct CoreAttributes {
    buffer: ByteString,
    /// The start and end of each attribute that is set.
    spans: [Option<(usize, usize)>; COUNT],
}

impl CoreAttributes {
    /// Copies the attributes into a new buffer.
    pub(crate) fn copy_from<'a>(text: impl Fn(usize) -> Option<&'a str>) -> Self {
        let texts = (0..COUNT).filter_map(|at| text(at + FIRST_INDEX));
        let mut buffer = String::with_capacity(texts.map(str::len).sum());
        let spans = std::array::from_fn(|at| {
            let start = buffer.len();
            buffer.push_str(text(at + FIRST_INDEX)?);
            Some((start, buffer.len()))
        });
        let buffer = buffer.into();
        Self { buffer, spans }
    }

    /// Shares the buffer of a message, or returns `None` if the message does not contain all of the
    /// attributes.
    pub(crate) fn share_message<'a>(
        message: &ByteString,
        text: impl Fn(usize) -> Option<&'a str>,
    ) -> Option<Self> {
        let mut spans = [None; COUNT];
        for (at, span) in spans.iter_mut().enumerate() {
            let Some(text) = text(at + FIRST_INDEX) else {
                continue;
            };
            let start = text.as_ptr().addr().checked_sub(message.as_ptr().addr())?;
            let end = start + text.len();
            if end > message.len() {
                return None;
            }
            *span = Some((start, end));
        }
        let buffer = message.clone();
        Some(Self { buffer, spans })
    }

    /// Returns the text of an attribute.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&str> {
        let span = self.spans.get(at.checked_sub(FIRST_INDEX)?)?;
        let (start, end) = (*span)?;
        self.buffer.get(start..end)
    }

    /// Sets or unsets attributes, and releases the buffer of the message if it is shared.
    pub(crate) fn set(&mut self, texts: &[(usize, Option<&str>)]) {
        *self = Self::copy_from(|at| match texts.iter().find(|(own, _)| *own == at) {
            Some((_, text)) => *text,
            None => self.get(at),
        });
    }
}

impl PartialEq for CoreAttributes {
    fn eq(&self, other: &Self) -> bool {
        let mut all = (0..COUNT).map(|at| at + FIRST_INDEX);
        all.all(|at| self.get(at) == other.get(at))
    }
}

impl Eq for CoreAttributes {}
