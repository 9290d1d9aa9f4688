//! The core attributes of an event that are text, in one piece of memory.

use bytes::Bytes;
use bytestring::ByteString;

use super::name;

/// How many core attributes are text: all but the version and the time.
const COUNT: usize = 6;
/// Where [`name::CORE`] holds the first of them; the others follow.
const FIRST: usize = name::ID_AT;

/// Holds the texts of attributes; a clone shares them.
#[derive(Debug, Clone)]
pub(crate) struct Texts {
    held: ByteString,
    places: [Place; COUNT],
}

/// Says where the text of an attribute is.
#[derive(Debug, Clone, Copy)]
enum Place {
    Unset,
    Literal(&'static str),
    Held { start: usize, len: usize },
}

/// A text on its way in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece<'a> {
    /// A literal, which is never copied.
    Literal(&'static str),
    Text(&'a str),
}

impl Texts {
    /// Copies the texts of attributes, by their place among [all](name::CORE).
    pub(crate) fn copied<'a>(piece: impl Fn(usize) -> Option<Piece<'a>>) -> Self {
        let texts = (0..COUNT).map(|at| match piece(at + FIRST) {
            Some(Piece::Text(text)) => text,
            _ => "",
        });
        let mut held = String::with_capacity(texts.clone().map(str::len).sum());
        texts.for_each(|text| held.push_str(text));
        let mut start = 0;
        Self::placed(held.into(), piece, |_, text| {
            let own = start;
            start += text.len();
            Some(own)
        })
        .unwrap_or_default()
    }

    /// Shares the texts of attributes with the message that they stand in; nothing where one of
    /// them does not.
    pub(crate) fn shared<'a>(
        message: &ByteString,
        piece: impl Fn(usize) -> Option<Piece<'a>>,
    ) -> Option<Self> {
        Self::placed(message.clone(), piece, |held, text| {
            let start = text.as_ptr().addr().checked_sub(held.as_ptr().addr())?;
            (start + text.len() <= held.len()).then_some(start)
        })
    }

    fn placed<'a>(
        held: ByteString,
        piece: impl Fn(usize) -> Option<Piece<'a>>,
        mut place: impl FnMut(&str, &str) -> Option<usize>,
    ) -> Option<Self> {
        let mut places = [Place::Unset; COUNT];
        for (at, own) in places.iter_mut().enumerate() {
            *own = match piece(at + FIRST) {
                None => Place::Unset,
                Some(Piece::Literal(literal)) => Place::Literal(literal),
                Some(Piece::Text(text)) => {
                    let start = place(&held, text)?;
                    let len = text.len();
                    Place::Held { start, len }
                }
            };
        }
        Some(Self { held, places })
    }

    /// Returns a text by the place of its attribute.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&str> {
        match self.piece(at)? {
            Piece::Literal(text) | Piece::Text(text) => Some(text),
        }
    }

    /// Returns a text, and whether it is a literal.
    #[inline]
    pub(crate) fn piece(&self, at: usize) -> Option<Piece<'_>> {
        match *self.places.get(at.checked_sub(FIRST)?)? {
            Place::Unset => None,
            Place::Literal(literal) => Some(Piece::Literal(literal)),
            Place::Held { start, len } => {
                // `get` would be a call, which costs more than all of this.
                let (_, rest) = self.held.split_at_checked(start)?;
                let (text, _) = rest.split_at_checked(len)?;
                Some(Piece::Text(text))
            }
        }
    }

    /// Returns how long a text is.
    #[inline]
    pub(crate) fn len(&self, at: usize) -> Option<usize> {
        match self.places.get(at.checked_sub(FIRST)?)? {
            Place::Unset => None,
            Place::Literal(literal) => Some(literal.len()),
            Place::Held { len, .. } => Some(*len),
        }
    }

    /// Shares the memory of a text, which is one of these.
    pub(crate) fn share(&self, text: &str) -> Bytes {
        self.held.as_bytes().slice_ref(text.as_bytes())
    }

    /// Sets or unsets texts, and lets go of a message that was shared.
    pub(crate) fn set(&mut self, texts: &[(usize, Option<&str>)]) {
        *self = Self::copied(|at| match texts.iter().find(|(own, _)| *own == at) {
            Some((_, text)) => text.map(Piece::Text),
            None => self.piece(at),
        });
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            held: ByteString::new(),
            places: [Place::Unset; COUNT],
        }
    }
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        let mut all = (0..COUNT).map(|at| at + FIRST);
        all.all(|at| self.get(at) == other.get(at))
    }
}

impl Eq for Texts {}
