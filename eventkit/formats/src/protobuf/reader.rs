//! A reader of Protobuf fields.

use thiserror::Error;

/// The number of groups within each other that are skipped, as in other implementations.
const MAX_GROUP_DEPTH: usize = 100;

/// The wire types of groups.
const START_OF_GROUP: u64 = 3;
const END_OF_GROUP: u64 = 4;

/// The error for bytes that are not the expected message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Malformed {
    #[error("the message ends within a field")]
    Truncated,
    #[error("an integer has more than 64 bits")]
    Overlong,
    #[error("a field has the number 0, or one over 2^29 - 1")]
    FieldNumber,
    #[error("a field has the unknown wire type {0}")]
    WireType(u64),
    #[error("a group ends that did not begin")]
    EndOfGroup,
    #[error("groups are nested more than {MAX_GROUP_DEPTH} levels deep")]
    GroupDepth,
    #[error("the field `{0}` has another wire type")]
    OtherWireType(&'static str),
    #[error("the field `{0}` is not UTF-8")]
    NotUtf8(&'static str),
    #[error("the field `{0}` is present twice")]
    Twice(&'static str),
    #[error("the field `{0}` is out of range")]
    OutOfRange(&'static str),
    #[error("the type URL of `proto_data` is {0:?}, expected a `/` and the full name of a message")]
    TypeUrl(String),
}

/// A field of a message that is not a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) number: u32,
    value: Value<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// A value of a type that no field of an event has.
    Fixed,
}

/// The fields of a message, in the order of its bytes.
pub(super) struct Message<'a> {
    rest: &'a [u8],
}

impl<'a> Message<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads the next field, and skips groups.
    pub(super) fn next(&mut self) -> Result<Option<Field<'a>>, Malformed> {
        while !self.rest.is_empty() {
            let (number, wire_type) = self.tag()?;
            if wire_type != START_OF_GROUP {
                let value = self.value(wire_type)?;
                return Ok(Some(Field { number, value }));
            }
            self.skip_group(number)?;
        }
        Ok(None)
    }

    fn value(&mut self, wire_type: u64) -> Result<Value<'a>, Malformed> {
        match wire_type {
            0 => self.varint().map(Value::Varint),
            1 => self.fixed(8),
            2 => self.bytes().map(Value::Bytes),
            END_OF_GROUP => Err(Malformed::EndOfGroup),
            5 => self.fixed(4),
            other => Err(Malformed::WireType(other)),
        }
    }

    /// Skips the rest of a group with this number, and the groups in it.
    fn skip_group(&mut self, number: u32) -> Result<(), Malformed> {
        let mut open = vec![number];
        while let Some(last) = open.last() {
            match self.tag()? {
                (_, START_OF_GROUP) if open.len() == MAX_GROUP_DEPTH => {
                    return Err(Malformed::GroupDepth);
                }
                (number, START_OF_GROUP) => open.push(number),
                (number, END_OF_GROUP) if number == *last => drop(open.pop()),
                (_, wire_type) => drop(self.value(wire_type)?),
            }
        }
        Ok(())
    }

    fn tag(&mut self) -> Result<(u32, u64), Malformed> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).unwrap_or(0);
        if (1..1 << 29).contains(&number) {
            Ok((number, tag & 7))
        } else {
            Err(Malformed::FieldNumber)
        }
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        if let [byte @ 0..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok((*byte).into());
        }
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
                return Ok(value);
            }
        }
        Err(Malformed::Overlong)
    }

    fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.varint()?;
        let length = usize::try_from(length).map_err(|_| Malformed::Truncated)?;
        self.take(length)
    }

    fn fixed(&mut self, length: usize) -> Result<Value<'a>, Malformed> {
        self.take(length).map(|_| Value::Fixed)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

impl<'a> Field<'a> {
    /// Returns the value of a field of type `bytes`, or the bytes of a message.
    pub(super) fn bytes(self, name: &'static str) -> Result<&'a [u8], Malformed> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Varint(_) | Value::Fixed => Err(Malformed::OtherWireType(name)),
        }
    }

    /// Returns the value of a field of type `string`.
    pub(super) fn text(self, name: &'static str) -> Result<&'a str, Malformed> {
        let bytes = self.bytes(name)?;
        std::str::from_utf8(bytes).map_err(|_| Malformed::NotUtf8(name))
    }

    /// Returns the value of a field of type `int64`.
    pub(super) fn integer(self, name: &'static str) -> Result<i64, Malformed> {
        match self.value {
            Value::Varint(value) => Ok(value.cast_signed()),
            Value::Bytes(_) | Value::Fixed => Err(Malformed::OtherWireType(name)),
        }
    }
}

/// Sets a field that may be present once.
pub(super) fn set<T>(field: &mut Option<T>, name: &'static str, value: T) -> Result<(), Malformed> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(Malformed::Twice(name)),
    }
}
