//! The codec's side, which is compiled once for each deserializer.

use std::fmt;

use serde::de::value::Error;
use serde::de::{
    self, DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{
    ElementSeed, ErasedDeserializer, ErasedEnum, ErasedMap, ErasedSeq, ErasedVisitor, Hint, Input,
    used_twice,
};

impl<'de> dyn ErasedDeserializer<'de> {
    /// Returns an object-safe deserializer, for [`ErasedSeed`](crate::codec::ErasedSeed).
    pub fn erase<D: serde::Deserializer<'de>>(deserializer: D) -> impl ErasedDeserializer<'de> {
        Source::new(deserializer)
    }
}

/// A deserializer, map or other part of a codec; it can be consumed once.
struct Source<S>(Option<S>);

impl<S> Source<S> {
    fn new(source: S) -> Self {
        Self(Some(source))
    }

    fn take(&mut self) -> Result<S, Error> {
        self.0.take().ok_or_else(used_twice)
    }

    fn get(&mut self) -> Result<&mut S, Error> {
        self.0.as_mut().ok_or_else(used_twice)
    }
}

impl<'de, D: serde::Deserializer<'de>> ErasedDeserializer<'de> for Source<D> {
    fn read(&mut self, hint: Hint, visitor: &mut dyn ErasedVisitor<'de>) -> Result<(), Error> {
        let (source, visitor) = (self.take()?, Bridge(visitor));
        let read = match hint {
            Hint::Any => source.deserialize_any(visitor),
            Hint::Bool => source.deserialize_bool(visitor),
            Hint::I8 => source.deserialize_i8(visitor),
            Hint::I16 => source.deserialize_i16(visitor),
            Hint::I32 => source.deserialize_i32(visitor),
            Hint::I64 => source.deserialize_i64(visitor),
            Hint::I128 => source.deserialize_i128(visitor),
            Hint::U8 => source.deserialize_u8(visitor),
            Hint::U16 => source.deserialize_u16(visitor),
            Hint::U32 => source.deserialize_u32(visitor),
            Hint::U64 => source.deserialize_u64(visitor),
            Hint::U128 => source.deserialize_u128(visitor),
            Hint::F32 => source.deserialize_f32(visitor),
            Hint::F64 => source.deserialize_f64(visitor),
            Hint::Char => source.deserialize_char(visitor),
            Hint::Str => source.deserialize_str(visitor),
            Hint::String => source.deserialize_string(visitor),
            Hint::Bytes => source.deserialize_bytes(visitor),
            Hint::ByteBuf => source.deserialize_byte_buf(visitor),
            Hint::Option => source.deserialize_option(visitor),
            Hint::Unit => source.deserialize_unit(visitor),
            Hint::UnitStruct(name) => source.deserialize_unit_struct(name, visitor),
            Hint::NewtypeStruct(name) => source.deserialize_newtype_struct(name, visitor),
            Hint::Seq => source.deserialize_seq(visitor),
            Hint::Tuple(len) => source.deserialize_tuple(len, visitor),
            Hint::TupleStruct(name, len) => source.deserialize_tuple_struct(name, len, visitor),
            Hint::Map => source.deserialize_map(visitor),
            Hint::Struct(name, fields) => source.deserialize_struct(name, fields, visitor),
            Hint::Enum(name, variants) => source.deserialize_enum(name, variants, visitor),
            Hint::Identifier => source.deserialize_identifier(visitor),
            Hint::IgnoredAny => source.deserialize_ignored_any(visitor),
        };
        read.map_err(Error::custom)
    }

    fn is_human_readable(&self) -> bool {
        let source = self.0.as_ref();
        source.is_none_or(serde::Deserializer::is_human_readable)
    }
}

impl<'de, A: SeqAccess<'de>> ErasedSeq<'de> for Source<A> {
    fn next(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<bool, Error> {
        let element = self.get()?.next_element_seed(Bridge(seed));
        Ok(element.map_err(Error::custom)?.is_some())
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.as_ref()?.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> ErasedMap<'de> for Source<A> {
    fn next_key(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<bool, Error> {
        let key = self.get()?.next_key_seed(Bridge(seed));
        Ok(key.map_err(Error::custom)?.is_some())
    }

    fn next_value(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<(), Error> {
        let value = self.get()?.next_value_seed(Bridge(seed));
        value.map_err(Error::custom)
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.as_ref()?.size_hint()
    }
}

/// The enum of a codec, before and after its variant is read.
struct EnumSource<A, V> {
    access: Source<A>,
    variant: Source<V>,
}

impl<'de, A: EnumAccess<'de>> ErasedEnum<'de> for EnumSource<A, A::Variant> {
    fn variant(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<(), Error> {
        let access = self.access.take()?;
        let ((), variant) = access.variant_seed(Bridge(seed)).map_err(Error::custom)?;
        self.variant = Source::new(variant);
        Ok(())
    }

    fn unit(&mut self) -> Result<(), Error> {
        self.variant.take()?.unit_variant().map_err(Error::custom)
    }

    fn newtype(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<(), Error> {
        let content = self.variant.take()?.newtype_variant_seed(Bridge(seed));
        content.map_err(Error::custom)
    }

    fn tuple(&mut self, len: usize, visitor: &mut dyn ErasedVisitor<'de>) -> Result<(), Error> {
        let content = self.variant.take()?.tuple_variant(len, Bridge(visitor));
        content.map_err(Error::custom)
    }

    fn fields(
        &mut self,
        names: &'static [&'static str],
        visitor: &mut dyn ErasedVisitor<'de>,
    ) -> Result<(), Error> {
        let content = self.variant.take()?.struct_variant(names, Bridge(visitor));
        content.map_err(Error::custom)
    }
}

/// Adapts an erased visitor or seed to serde's traits.
struct Bridge<'b, T: ?Sized>(&'b mut T);

impl<'de> DeserializeSeed<'de> for Bridge<'_, dyn ElementSeed<'de> + '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let read = self.0.read(&mut Source::new(deserializer));
        read.map_err(de::Error::custom)
    }
}

/// Implements visitor methods that pass their value on to the erased visitor.
macro_rules! visited {
    ($($method:ident($type:ty) => $input:ident;)*) => {$(
        fn $method<E: de::Error>(self, value: $type) -> Result<(), E> {
            self.visit(Input::$input(value))
        }
    )*};
}

impl<'de> Bridge<'_, dyn ErasedVisitor<'de> + '_> {
    fn visit<E: de::Error>(self, input: Input<'_, 'de>) -> Result<(), E> {
        self.0.visit(input).map_err(E::custom)
    }
}

impl<'de> Visitor<'de> for Bridge<'_, dyn ErasedVisitor<'de> + '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    visited! {
        visit_bool(bool) => Bool;
        visit_i8(i8) => I8;
        visit_i16(i16) => I16;
        visit_i32(i32) => I32;
        visit_i64(i64) => I64;
        visit_i128(i128) => I128;
        visit_u8(u8) => U8;
        visit_u16(u16) => U16;
        visit_u32(u32) => U32;
        visit_u64(u64) => U64;
        visit_u128(u128) => U128;
        visit_f32(f32) => F32;
        visit_f64(f64) => F64;
        visit_char(char) => Char;
        visit_str(&str) => Str;
        visit_borrowed_str(&'de str) => BorrowedStr;
        visit_string(String) => String;
        visit_bytes(&[u8]) => Bytes;
        visit_borrowed_bytes(&'de [u8]) => BorrowedBytes;
        visit_byte_buf(Vec<u8>) => ByteBuf;
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        self.visit(Input::None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.visit(Input::Unit)
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        self.visit(Input::Some(&mut Source::new(value)))
    }

    fn visit_newtype_struct<D: serde::Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        self.visit(Input::Newtype(&mut Source::new(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<(), A::Error> {
        self.visit(Input::Seq(&mut Source::new(elements)))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<(), A::Error> {
        self.visit(Input::Map(&mut Source::new(entries)))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        self.visit(Input::Enum(&mut EnumSource {
            access: Source::new(access),
            variant: Source(None),
        }))
    }
}
