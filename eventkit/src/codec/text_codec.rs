//! Plain text: strings, and types that wrap or print as text.

use std::fmt;

use serde::Serialize;
use serde::de::{IntoDeserializer, Visitor, value};

use super::{ErasedDeserializer, ErasedSeed, ErasedSerialize};
use crate::error::BoxError;

/// Encodes strings, characters, numbers, booleans and unit variants, bare, in a newtype or in
/// `Some`.
///
/// `None` is refused, because the decoder could not tell it from an empty text.
pub(super) fn encode(value: &dyn ErasedSerialize, type_name: &str) -> Result<String, BoxError> {
    use fmt::Write;

    struct Printed<'a>(&'a dyn ErasedSerialize);

    impl fmt::Display for Printed<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.serialize(f)
        }
    }

    let mut text = String::new();
    if write!(text, "{}", Printed(value)).is_ok() {
        return Ok(text);
    }
    // Values that serde cannot write to a formatter, such as `Some`, are converted via JSON, if
    // they are text.
    let json = serde_json::to_string(value)?;
    match json.as_bytes().first() {
        Some(b'"') => Ok(serde_json::from_str(&json)?),
        Some(b'n') => {
            Err(format!("`{type_name}` has no value, and an absent value is not text").into())
        }
        Some(b'[' | b'{') => {
            Err(format!("`{type_name}` is not text: expected a string or a newtype of one").into())
        }
        _ => Ok(json),
    }
}

/// Decodes a string, or a type that deserializes from a string, bare or in a newtype.
pub(super) fn decode(bytes: &[u8], seed: &mut dyn ErasedSeed) -> Result<(), BoxError> {
    let text = std::str::from_utf8(bytes)?;
    seed.deserialize(&mut <dyn ErasedDeserializer<'_>>::erase(Text(text)))
}

struct Text<'a>(&'a str);

/// Deserializes the types that print as text by parsing the text.
macro_rules! parsed {
    ($($method:ident => $visit:ident),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => visitor.visit_str(self.0),
            }
        }
    )*};
}

impl<'de> serde::Deserializer<'de> for Text<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if self.0 == name {
            visitor.visit_unit()
        } else {
            visitor.visit_str(self.0)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    parsed! {
        deserialize_bool => visit_bool, deserialize_char => visit_char,
        deserialize_i8 => visit_i8, deserialize_i16 => visit_i16,
        deserialize_i32 => visit_i32, deserialize_i64 => visit_i64,
        deserialize_i128 => visit_i128, deserialize_u128 => visit_u128,
        deserialize_u8 => visit_u8, deserialize_u16 => visit_u16,
        deserialize_u32 => visit_u32, deserialize_u64 => visit_u64,
        deserialize_f32 => visit_f32, deserialize_f64 => visit_f64
    }

    serde::forward_to_deserialize_any! {
        str string bytes byte_buf unit seq tuple tuple_struct map struct identifier
        ignored_any
    }
}
