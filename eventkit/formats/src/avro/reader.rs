//! A reader of Avro values in binary encoding.

use eventkit::DecodeError;
use thiserror::Error;

/// The error for bytes that are not the record of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Malformed {
    #[error("the record ends within a value")]
    Truncated,
    #[error("{0} bytes follow the record")]
    Trailing(usize),
    #[error("an integer has more than 64 bits")]
    Overlong,
    #[error("an `int` has more than 32 bits")]
    IntRange,
    #[error("a length or a count is negative")]
    NegativeLength,
    #[error("a block has another size than it declares")]
    BlockSize,
    #[error("a `boolean` is {0}, expected 0 or 1")]
    Boolean(u8),
    #[error("a union has no member {0}")]
    Union(i64),
    #[error("a `string` is not UTF-8")]
    NotUtf8,
    #[error("the `double` {0} is not a JSON number")]
    NotANumber(String),
}

/// Returns the error for a malformed event.
pub(super) fn malformed(reason: Malformed) -> DecodeError {
    DecodeError::malformed("Avro", reason)
}

/// The bytes that are not read yet. Lengths and counts allocate nothing.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns an error if not all bytes were read.
    pub(super) fn finish(self) -> Result<(), Malformed> {
        match self.rest.len() {
            0 => Ok(()),
            more => Err(Malformed::Trailing(more)),
        }
    }

    fn long(&mut self) -> Result<i64, Malformed> {
        let mut value = 0;
        for at in 0..10 {
            let byte = *self.rest.get(at).ok_or(Malformed::Truncated)?;
            // The tenth byte has the last bit.
            if at == 9 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7F) << (7 * at);
            if byte < 0x80 {
                self.rest = &self.rest[at + 1..];
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        Err(Malformed::Overlong)
    }

    pub(super) fn int(&mut self) -> Result<i32, Malformed> {
        i32::try_from(self.long()?).map_err(|_| Malformed::IntRange)
    }

    pub(super) fn boolean(&mut self) -> Result<bool, Malformed> {
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            other => Err(Malformed::Boolean(other[0])),
        }
    }

    pub(super) fn double(&mut self) -> Result<f64, Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(f64::from_le_bytes(*bytes))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.length()?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed::NotUtf8)
    }

    /// Reads the position of a member of a union with this number of members.
    pub(super) fn member(&mut self, count: usize) -> Result<usize, Malformed> {
        let position = self.long()?;
        let member = usize::try_from(position).ok();
        member
            .filter(|member| *member < count)
            .ok_or(Malformed::Union(position))
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        let length = self.long()?;
        if length < 0 {
            return Err(Malformed::NegativeLength);
        }
        usize::try_from(length).map_err(|_| Malformed::Truncated)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let taken = self.rest.split_at_checked(length);
        let (taken, rest) = taken.ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// The blocks of an array or a map.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// The number of items of this block that are not read yet.
    items: u64,
    /// The number of bytes after this block, if the block declares its size.
    end: Option<usize>,
}

impl Blocks {
    /// Returns whether there is another item, which must be read before the next call.
    pub(super) fn next(&mut self, reader: &mut Reader<'_>) -> Result<bool, Malformed> {
        if self.items == 0 {
            self.begin(reader)?;
        }
        match self.items.checked_sub(1) {
            Some(items) => {
                self.items = items;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Ends a block, and reads the number of items of the next one, which is 0 after the last.
    fn begin(&mut self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        if self.end.take().is_some_and(|end| end != reader.rest.len()) {
            return Err(Malformed::BlockSize);
        }
        let count = reader.long()?;
        if count < 0 {
            let size = reader.length()?;
            let end = reader.rest.len().checked_sub(size);
            self.end = Some(end.ok_or(Malformed::Truncated)?);
        }
        self.items = count.unsigned_abs();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_zigzag_encoded() {
        for (bytes, value) in [
            (&b"\x00"[..], 0),
            (b"\x01", -1),
            (b"\x02", 1),
            (b"\x7f", -64),
            (b"\x80\x01", 64),
            (b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", i64::MAX),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", i64::MIN),
        ] {
            assert_eq!(Reader::new(bytes).long(), Ok(value), "{bytes:x?}");
        }
        for (bytes, error) in [
            (&b""[..], Malformed::Truncated),
            (b"\x80", Malformed::Truncated),
            (
                b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
                Malformed::Overlong,
            ),
            (
                b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00",
                Malformed::Overlong,
            ),
        ] {
            assert_eq!(Reader::new(bytes).long(), Err(error), "{bytes:x?}");
        }
    }
}
