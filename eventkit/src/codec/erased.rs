//! Deserializers as trait objects.
//!
//! A type is compiled for one deserializer, [`Erased`], whatever codecs there are. The crate
//! `erased-serde` would do, but compiles all 27 methods of each visitor for each struct and for each of
//! its lists of fields, twice: about 200 functions, most of which refuse a value. Here a visitor of a
//! struct is compiled for what structs are written as.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::Error;
use serde::de::{
    self, DeserializeSeed, EnumAccess, Error as _, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

/// Deserializer of a codec, as [`ErasedSeed::deserialize`](super::ErasedSeed::deserialize) takes it.
///
/// [`erase`](#method.erase) makes one of any [`Deserializer`](serde::Deserializer). This trait is sealed.
/// The [module](crate::codec) has an example of a codec.
pub trait ErasedDeserializer<'de> {
    /// Reads the value, which the type expects to be as the hint says.
    #[doc(hidden)]
    fn read(&mut self, hint: Hint, visitor: &mut dyn ErasedVisitor<'de>) -> Result<(), Error>;

    /// Returns whether the format is meant to be read by people.
    #[doc(hidden)]
    fn is_human_readable(&self) -> bool;
}

impl<'de> dyn ErasedDeserializer<'de> {
    /// Returns an object-safe deserializer, for [`ErasedSeed`](super::ErasedSeed).
    pub fn erase<D: serde::Deserializer<'de>>(deserializer: D) -> impl ErasedDeserializer<'de> {
        Source::new(deserializer)
    }
}

/// Method of a deserializer that a type calls, with its arguments.
#[derive(Debug, Clone, Copy)]
pub enum Hint {
    Any,
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    Str,
    String,
    Bytes,
    ByteBuf,
    Option,
    Unit,
    UnitStruct(&'static str),
    NewtypeStruct(&'static str),
    Seq,
    Tuple(usize),
    TupleStruct(&'static str, usize),
    Map,
    Struct(&'static str, &'static [&'static str]),
    Enum(&'static str, &'static [&'static str]),
    Identifier,
    IgnoredAny,
}

/// Value that a deserializer has found.
#[expect(missing_debug_implementations, reason = "it holds parts of a codec")]
pub enum Input<'i, 'de> {
    Bool(bool),
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    I128(i128),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    F32(f32),
    F64(f64),
    Char(char),
    Str(&'i str),
    BorrowedStr(&'de str),
    String(String),
    Bytes(&'i [u8]),
    BorrowedBytes(&'de [u8]),
    ByteBuf(Vec<u8>),
    None,
    Some(&'i mut dyn ErasedDeserializer<'de>),
    Unit,
    Newtype(&'i mut dyn ErasedDeserializer<'de>),
    Seq(&'i mut dyn ErasedSeq<'de>),
    Map(&'i mut dyn ErasedMap<'de>),
    Enum(&'i mut dyn ErasedEnum<'de>),
}

/// Visitor of a type, and its value once it has been read.
pub trait ErasedVisitor<'de> {
    /// Writes what is expected.
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Takes what the deserializer has found.
    fn visit(&mut self, input: Input<'_, 'de>) -> Result<(), Error>;
}

/// Seed of an element, and its value once it has been read.
pub trait ElementSeed<'de> {
    /// Reads the element.
    fn read(&mut self, deserializer: &mut dyn ErasedDeserializer<'de>) -> Result<(), Error>;
}

/// Elements of a sequence.
pub trait ErasedSeq<'de> {
    /// Reads the next element, and returns whether there was one.
    fn next(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<bool, Error>;

    fn size_hint(&self) -> Option<usize>;
}

/// Entries of a map.
pub trait ErasedMap<'de> {
    /// Reads the next key, and returns whether there was one.
    fn next_key(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<bool, Error>;

    fn next_value(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<(), Error>;

    fn size_hint(&self) -> Option<usize>;
}

/// Variant of an enum, and then its content.
pub trait ErasedEnum<'de> {
    fn variant(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<(), Error>;

    fn unit(&mut self) -> Result<(), Error>;

    fn newtype(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<(), Error>;

    fn tuple(&mut self, len: usize, visitor: &mut dyn ErasedVisitor<'de>) -> Result<(), Error>;

    fn fields(
        &mut self,
        names: &'static [&'static str],
        visitor: &mut dyn ErasedVisitor<'de>,
    ) -> Result<(), Error>;
}

// The side of the codec, which is compiled once for each deserializer.

/// Deserializer, map or other part of a codec. It can be used once if it is consumed.
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

#[cold]
fn used_twice() -> Error {
    Error::custom("the codec or the type has used a deserializer twice")
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

/// Enum of a codec: before its variant is read, and after.
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

/// Visitor or seed of a type as one of serde.
struct Bridge<'b, T: ?Sized>(&'b mut T);

impl<'de> DeserializeSeed<'de> for Bridge<'_, dyn ElementSeed<'de> + '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let read = self.0.read(&mut Source::new(deserializer));
        read.map_err(de::Error::custom)
    }
}

/// Hands what a deserializer has found to the visitor of a type.
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

// The side of the type, which is compiled once for each type.

/// Deserializer or other part of a codec as one of serde.
pub(super) struct Erased<'e, T: ?Sized>(pub(super) &'e mut T);

// Each of its functions is compiled for each struct, or for its list of fields. So they are few, and
// match results: a closure, or a `?`, is one more function.

impl Input<'_, '_> {
    /// Returns the error of a value that a type does not take.
    #[cold]
    fn refused(&self, expected: &dyn Expected) -> Error {
        let unexpected = match self {
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::I8(value) => Unexpected::Signed((*value).into()),
            Self::I16(value) => Unexpected::Signed((*value).into()),
            Self::I32(value) => Unexpected::Signed((*value).into()),
            Self::I64(value) => Unexpected::Signed(*value),
            Self::U8(value) => Unexpected::Unsigned((*value).into()),
            Self::U16(value) => Unexpected::Unsigned((*value).into()),
            Self::U32(value) => Unexpected::Unsigned((*value).into()),
            Self::U64(value) => Unexpected::Unsigned(*value),
            Self::I128(_) | Self::U128(_) => Unexpected::Other("integer of 128 bits"),
            Self::F32(value) => Unexpected::Float((*value).into()),
            Self::F64(value) => Unexpected::Float(*value),
            Self::Char(value) => Unexpected::Char(*value),
            Self::Str(value) | Self::BorrowedStr(value) => Unexpected::Str(value),
            Self::String(value) => Unexpected::Str(value),
            Self::Bytes(value) | Self::BorrowedBytes(value) => Unexpected::Bytes(value),
            Self::ByteBuf(value) => Unexpected::Bytes(value),
            Self::None | Self::Some(_) => Unexpected::Option,
            Self::Unit => Unexpected::Unit,
            Self::Newtype(_) => Unexpected::NewtypeStruct,
            Self::Seq(_) => Unexpected::Seq,
            Self::Map(_) => Unexpected::Map,
            Self::Enum(_) => Unexpected::Enum,
        };
        Error::invalid_type(unexpected, expected)
    }
}

/// What the name of a field or a variant is written as.
enum Name<'i> {
    Text(&'i str),
    Bytes(&'i [u8]),
    Unsigned(u64),
    Signed(i64),
}

impl Input<'_, '_> {
    fn name(&self) -> Option<Name<'_>> {
        Some(match self {
            Self::Str(name) | Self::BorrowedStr(name) => Name::Text(name),
            Self::String(name) => Name::Text(name),
            Self::Bytes(name) | Self::BorrowedBytes(name) => Name::Bytes(name),
            Self::ByteBuf(name) => Name::Bytes(name),
            Self::U8(index) => Name::Unsigned((*index).into()),
            Self::U16(index) => Name::Unsigned((*index).into()),
            Self::U32(index) => Name::Unsigned((*index).into()),
            Self::U64(index) => Name::Unsigned(*index),
            Self::I8(key) => Name::Signed((*key).into()),
            Self::I16(key) => Name::Signed((*key).into()),
            Self::I32(key) => Name::Signed((*key).into()),
            Self::I64(key) => Name::Signed(*key),
            _ => return None,
        })
    }
}

/// Visitor or seed before it has read, and its value after.
struct Slot<T, V, K> {
    reader: Option<T>,
    value: Option<V>,
    /// What a visitor is compiled for.
    kind: PhantomData<K>,
}

/// Any value.
struct Anything;

/// What structs, tuples and enums are written as. Their visitors refuse any other value.
struct Compound;

/// What the names of fields and variants are written as.
struct Identifier;

impl<T, V, K> Slot<T, V, K> {
    fn new(reader: T) -> Self {
        Self {
            reader: Some(reader),
            value: None,
            kind: PhantomData,
        }
    }

    fn finish(self) -> Result<V, Error> {
        match self.value {
            Some(value) => Ok(value),
            None => Err(no_value()),
        }
    }

    fn set(&mut self, read: Result<V, Error>) -> Result<(), Error> {
        match read {
            Ok(value) => {
                self.value = Some(value);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

#[cold]
fn no_value() -> Error {
    Error::custom("the codec has read no value")
}

/// Implements [`ErasedVisitor`] for one of the kinds.
macro_rules! visitor {
    ($kind:ident, |$visitor:ident, $input:ident| $read:expr) => {
        impl<'de, V: Visitor<'de>> ErasedVisitor<'de> for Slot<V, V::Value, $kind> {
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match &self.reader {
                    Some(visitor) => visitor.expecting(f),
                    None => Ok(()),
                }
            }

            fn visit(&mut self, $input: Input<'_, 'de>) -> Result<(), Error> {
                let Some($visitor) = self.reader.take() else {
                    return Err(used_twice());
                };
                self.set($read)
            }
        }
    };
}

visitor!(Anything, |visitor, input| match input {
    Input::Bool(value) => visitor.visit_bool(value),
    Input::I8(value) => visitor.visit_i8(value),
    Input::I16(value) => visitor.visit_i16(value),
    Input::I32(value) => visitor.visit_i32(value),
    Input::I64(value) => visitor.visit_i64(value),
    Input::I128(value) => visitor.visit_i128(value),
    Input::U8(value) => visitor.visit_u8(value),
    Input::U16(value) => visitor.visit_u16(value),
    Input::U32(value) => visitor.visit_u32(value),
    Input::U64(value) => visitor.visit_u64(value),
    Input::U128(value) => visitor.visit_u128(value),
    Input::F32(value) => visitor.visit_f32(value),
    Input::F64(value) => visitor.visit_f64(value),
    Input::Char(value) => visitor.visit_char(value),
    Input::Str(value) => visitor.visit_str(value),
    Input::BorrowedStr(value) => visitor.visit_borrowed_str(value),
    Input::String(value) => visitor.visit_string(value),
    Input::Bytes(value) => visitor.visit_bytes(value),
    Input::BorrowedBytes(value) => visitor.visit_borrowed_bytes(value),
    Input::ByteBuf(value) => visitor.visit_byte_buf(value),
    Input::None => visitor.visit_none(),
    Input::Some(value) => visitor.visit_some(Erased(value)),
    Input::Unit => visitor.visit_unit(),
    Input::Newtype(value) => visitor.visit_newtype_struct(Erased(value)),
    Input::Seq(elements) => visitor.visit_seq(Erased(elements)),
    Input::Map(entries) => visitor.visit_map(Erased(entries)),
    Input::Enum(access) => visitor.visit_enum(Erased(access)),
});

visitor!(Compound, |visitor, input| match input {
    Input::Newtype(value) => visitor.visit_newtype_struct(Erased(value)),
    Input::Seq(elements) => visitor.visit_seq(Erased(elements)),
    Input::Map(entries) => visitor.visit_map(Erased(entries)),
    Input::Enum(access) => visitor.visit_enum(Erased(access)),
    input => Err(input.refused(&visitor)),
});

visitor!(Identifier, |visitor, input| match input.name() {
    Some(Name::Text(name)) => visitor.visit_str(name),
    Some(Name::Bytes(name)) => visitor.visit_bytes(name),
    Some(Name::Unsigned(index)) => visitor.visit_u64(index),
    Some(Name::Signed(key)) => visitor.visit_i64(key),
    None => Err(input.refused(&visitor)),
});

impl<'de, S: DeserializeSeed<'de>> ElementSeed<'de> for Slot<S, S::Value, ()> {
    fn read(&mut self, deserializer: &mut dyn ErasedDeserializer<'de>) -> Result<(), Error> {
        match self.reader.take() {
            Some(seed) => self.set(seed.deserialize(Erased(deserializer))),
            None => Err(used_twice()),
        }
    }
}

impl<'de> Erased<'_, dyn ErasedDeserializer<'de> + '_> {
    fn read<K, V: Visitor<'de>>(self, hint: Hint, visitor: V) -> Result<V::Value, Error>
    where
        Slot<V, V::Value, K>: ErasedVisitor<'de>,
    {
        let mut slot = Slot::new(visitor);
        match self.0.read(hint, &mut slot) {
            Ok(()) => slot.finish(),
            Err(error) => Err(error),
        }
    }
}

/// Implements the methods of a deserializer, each with its hint and what a visitor is compiled for.
macro_rules! hinted {
    ($($method:ident($($name:ident: $type:ty),*) => $hint:expr, $kind:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self $(, $name: $type)*, visitor: V) -> Result<V::Value, Error> {
            self.read::<$kind, V>($hint, visitor)
        }
    )*};
}

impl<'de> serde::Deserializer<'de> for Erased<'_, dyn ErasedDeserializer<'de> + '_> {
    type Error = Error;

    hinted! {
        deserialize_any() => Hint::Any, Anything;
        deserialize_bool() => Hint::Bool, Anything;
        deserialize_i8() => Hint::I8, Anything;
        deserialize_i16() => Hint::I16, Anything;
        deserialize_i32() => Hint::I32, Anything;
        deserialize_i64() => Hint::I64, Anything;
        deserialize_i128() => Hint::I128, Anything;
        deserialize_u8() => Hint::U8, Anything;
        deserialize_u16() => Hint::U16, Anything;
        deserialize_u32() => Hint::U32, Anything;
        deserialize_u64() => Hint::U64, Anything;
        deserialize_u128() => Hint::U128, Anything;
        deserialize_f32() => Hint::F32, Anything;
        deserialize_f64() => Hint::F64, Anything;
        deserialize_char() => Hint::Char, Anything;
        deserialize_str() => Hint::Str, Anything;
        deserialize_string() => Hint::String, Anything;
        deserialize_bytes() => Hint::Bytes, Anything;
        deserialize_byte_buf() => Hint::ByteBuf, Anything;
        deserialize_option() => Hint::Option, Anything;
        deserialize_unit() => Hint::Unit, Anything;
        deserialize_unit_struct(name: &'static str) => Hint::UnitStruct(name), Anything;
        deserialize_newtype_struct(name: &'static str) => Hint::NewtypeStruct(name), Compound;
        deserialize_seq() => Hint::Seq, Anything;
        deserialize_tuple(len: usize) => Hint::Tuple(len), Anything;
        deserialize_tuple_struct(name: &'static str, len: usize) => Hint::TupleStruct(name, len), Compound;
        deserialize_map() => Hint::Map, Anything;
        deserialize_struct(name: &'static str, fields: &'static [&'static str]) => Hint::Struct(name, fields), Compound;
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) => Hint::Enum(name, variants), Compound;
        deserialize_identifier() => Hint::Identifier, Identifier;
        deserialize_ignored_any() => Hint::IgnoredAny, Anything;
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

impl<'de> SeqAccess<'de> for Erased<'_, dyn ErasedSeq<'de> + '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let mut slot = Slot::new(seed);
        match self.0.next(&mut slot) {
            Ok(true) => Ok(slot.value),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de> MapAccess<'de> for Erased<'_, dyn ErasedMap<'de> + '_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let mut slot = Slot::new(seed);
        match self.0.next_key(&mut slot) {
            Ok(true) => Ok(slot.value),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let mut slot = Slot::new(seed);
        self.0.next_value(&mut slot)?;
        slot.finish()
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de> EnumAccess<'de> for Erased<'_, dyn ErasedEnum<'de> + '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let mut slot = Slot::new(seed);
        self.0.variant(&mut slot)?;
        Ok((slot.finish()?, self))
    }
}

impl<'de> VariantAccess<'de> for Erased<'_, dyn ErasedEnum<'de> + '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.0.unit()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        let mut slot = Slot::new(seed);
        self.0.newtype(&mut slot)?;
        slot.finish()
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let mut slot = Slot::<_, _, Compound>::new(visitor);
        self.0.tuple(len, &mut slot)?;
        slot.finish()
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut slot = Slot::<_, _, Compound>::new(visitor);
        self.0.fields(fields, &mut slot)?;
        slot.finish()
    }
}
