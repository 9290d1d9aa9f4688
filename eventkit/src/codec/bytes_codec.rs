//! Bytes as they are: byte buffers and sequences of `u8`.

use serde::de::value::SeqDeserializer;
use serde::de::{self, Visitor};

use super::{ErasedDeserializer, ErasedSeed, ErasedSerialize};
use crate::error::BoxError;

pub(super) const MEDIA_TYPE: &str = "application/octet-stream";

type Error = de::value::Error;

/// Writes byte buffers and sequences of `u8`, bare or in a newtype.
pub(super) fn encode(value: &dyn ErasedSerialize, type_name: &str) -> Result<Vec<u8>, BoxError> {
    // A serializer that takes nothing but bytes is two hundred lines; JSON writes both forms as an
    // array of numbers, which reads back as the bytes.
    let numbers = serde_json::to_vec(value)?;
    serde_json::from_slice(&numbers).map_err(|_| {
        format!("`{type_name}` is not bytes: a byte buffer or a newtype of one is").into()
    })
}

/// Reads a byte buffer or a sequence of `u8`, bare or in a newtype.
pub(super) fn decode(bytes: &[u8], seed: &mut dyn ErasedSeed) -> Result<(), BoxError> {
    seed.deserialize(&mut <dyn ErasedDeserializer<'_>>::erase(RawBytes(bytes)))
}

struct RawBytes<'a>(&'a [u8]);

impl<'de> de::Deserializer<'de> for RawBytes<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bytes(self.0)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut bytes = SeqDeserializer::new(self.0.iter().copied());
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
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple_struct map struct enum identifier ignored_any
    }
}
