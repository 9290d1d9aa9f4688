//! Unencoded bytes: byte buffers and sequences of `u8`, bare, in a newtype or in `Some`.

use std::cell::Cell;
use std::fmt;

use serde::de::value::SeqDeserializer;
use serde::de::{self, IntoDeserializer, Visitor};
use serde::ser::{self, Impossible, Serialize};

use super::{ErasedDeserializer, ErasedSeed, ErasedSerialize};
use crate::error::BoxError;

pub(super) const MEDIA_TYPE: &str = "application/octet-stream";

/// Returns the bytes of a value, or `None` if the value is not bytes.
pub(super) fn encode(value: &dyn ErasedSerialize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let is_byte = false;
    value
        .serialize(Writer {
            out: &mut out,
            is_byte,
        })
        .ok()?;
    Some(out)
}

/// The reason why bytes could not be decoded.
pub(super) enum NotDecoded {
    /// The type does not represent bytes.
    NotBytes(BoxError),
    /// The type does not accept these bytes.
    Invalid(BoxError),
}

impl From<NotDecoded> for BoxError {
    fn from(reason: NotDecoded) -> Self {
        match reason {
            NotDecoded::NotBytes(error) | NotDecoded::Invalid(error) => error,
        }
    }
}

/// Decodes bytes into a type that represents bytes.
pub(super) fn decode(bytes: &[u8], seed: &mut dyn ErasedSeed) -> Result<(), NotDecoded> {
    let is_other = &Cell::new(false);
    let reader = Reader { bytes, is_other };
    let read = seed.deserialize(&mut <dyn ErasedDeserializer<'_>>::erase(reader));
    read.map_err(|error| {
        if is_other.get() {
            NotDecoded::NotBytes(error)
        } else {
            NotDecoded::Invalid(error)
        }
    })
}

/// A serializer that only accepts bytes, or a sequence of them.
struct Writer<'o> {
    out: &'o mut Vec<u8>,
    is_byte: bool,
}

/// The error for a value that is not bytes.
#[derive(Debug)]
struct NotBytes;

impl fmt::Display for NotBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value is not bytes")
    }
}

impl std::error::Error for NotBytes {}

impl ser::Error for NotBytes {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Refuses the values of all types that are not bytes.
macro_rules! refused {
    ($($method:ident($($argument:ty),*) $(-> $compound:ident)?;)*) => {$(
        fn $method(self $(, _: $argument)*) -> Result<refused!(@ $($compound)?), NotBytes> {
            Err(NotBytes)
        }
    )*};
    (@) => { () };
    (@ $compound:ident) => { Self::$compound };
}

impl<'o> ser::Serializer for Writer<'o> {
    type Ok = ();
    type Error = NotBytes;
    type SerializeSeq = Sequence<'o>;
    type SerializeTuple = Sequence<'o>;
    type SerializeTupleStruct = Impossible<(), NotBytes>;
    type SerializeTupleVariant = Impossible<(), NotBytes>;
    type SerializeMap = Impossible<(), NotBytes>;
    type SerializeStruct = Impossible<(), NotBytes>;
    type SerializeStructVariant = Impossible<(), NotBytes>;

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), NotBytes> {
        if self.is_byte {
            return Err(NotBytes);
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn serialize_u8(self, byte: u8) -> Result<(), NotBytes> {
        if !self.is_byte {
            return Err(NotBytes);
        }
        self.out.push(byte);
        Ok(())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Sequence<'o>, NotBytes> {
        if self.is_byte {
            return Err(NotBytes);
        }
        self.out.reserve(len.unwrap_or(0));
        Ok(Sequence { out: self.out })
    }

    fn serialize_tuple(self, len: usize) -> Result<Sequence<'o>, NotBytes> {
        self.serialize_seq(Some(len))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotBytes> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), NotBytes> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), NotBytes> {
        Err(NotBytes)
    }

    refused! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct(&'static str, usize) -> SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }
}

/// A serializer of a sequence of bytes.
struct Sequence<'o> {
    out: &'o mut Vec<u8>,
}

impl ser::SerializeSeq for Sequence<'_> {
    type Ok = ();
    type Error = NotBytes;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotBytes> {
        value.serialize(Writer {
            out: self.out,
            is_byte: true,
        })
    }

    fn end(self) -> Result<(), NotBytes> {
        Ok(())
    }
}

impl ser::SerializeTuple for Sequence<'_> {
    type Ok = ();
    type Error = NotBytes;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotBytes> {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<(), NotBytes> {
        Ok(())
    }
}

type Error = de::value::Error;

/// A deserializer of bytes.
struct Reader<'a> {
    bytes: &'a [u8],
    /// Whether the type requested anything other than bytes.
    is_other: &'a Cell<bool>,
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Error;

    // A type that accepts any value may accept bytes.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.is_other.set(true);
        visitor.visit_bytes(self.bytes)
    }

    // A string would accept bytes that happen to be UTF-8, regardless of the charset of the media type
    // is.
    fn deserialize_str<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        self.is_other.set(true);
        Err(de::Error::custom("bytes are not a string"))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bytes(self.bytes)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_byte_buf(self.bytes.to_vec())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let is_other = self.is_other;
        let bytes = self.bytes.iter().map(|byte| Byte {
            byte: *byte,
            is_other,
        });
        let mut bytes = SeqDeserializer::new(bytes);
        let value = visitor.visit_seq(&mut bytes)?;
        bytes.end()?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char unit unit_struct tuple_struct
        map struct enum identifier ignored_any
    }
}

/// A deserializer of one byte of a sequence.
struct Byte<'a> {
    byte: u8,
    is_other: &'a Cell<bool>,
}

impl IntoDeserializer<'_, Error> for Byte<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> de::Deserializer<'de> for Byte<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        self.is_other.set(true);
        Err(de::Error::custom("a sequence whose elements are not bytes"))
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u8(self.byte)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
