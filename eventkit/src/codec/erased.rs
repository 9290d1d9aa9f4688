//! Deserializers as trait objects.
//!
//! A type is compiled for one deserializer, [`Erased`](type_side::Erased), whatever codecs there are. The crate
//! `erased-serde` would do, but compiles all 27 methods of each visitor for each struct and for each of
//! its lists of fields, twice: about 200 functions, most of which refuse a value. Here a visitor of a
//! struct is compiled for what structs are written as.

use std::fmt;

use serde::de::Error as _;
use serde::de::value::Error;

mod codec_side;
pub(super) mod type_side;

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

#[cold]
fn used_twice() -> Error {
    Error::custom("the codec or the type has used a deserializer twice")
}
