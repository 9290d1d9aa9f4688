//! Deserializers as trait objects.
//!
//! A type is compiled for a single deserializer, [`Erased`](type_side::Erased), no matter how many
//! codecs there are. The crate `erased-serde` would also work, but it compiles all 27 methods of
//! each visitor for each struct and for each list of fields, twice: about 200 functions, most of
//! which only reject a value. Here, the visitor of a struct is compiled only for the inputs that
//! represent a struct.

use std::fmt;

use serde::de::Error as _;
use serde::de::value::Error;

mod codec_side;
pub(super) mod type_side;

/// The deserializer of a codec, as passed to
/// [`ErasedSeed::deserialize`](super::ErasedSeed::deserialize).
///
/// [`erase`](#method.erase) creates one from any [`Deserializer`](serde::Deserializer). This trait
/// is sealed. The [module](crate::codec) has an example of a codec.
pub trait ErasedDeserializer<'de> {
    /// Reads the value; the hint tells which kind of value the type expects.
    #[doc(hidden)]
    fn read(&mut self, hint: Hint, visitor: &mut dyn ErasedVisitor<'de>) -> Result<(), Error>;

    /// Returns whether the format is human-readable.
    #[doc(hidden)]
    fn is_human_readable(&self) -> bool;
}

/// The method that a type calls on its deserializer, with the arguments.
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

/// A value that a deserializer has read.
#[expect(
    missing_debug_implementations,
    reason = "a codec need not implement `Debug`"
)]
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

/// The visitor of a type, which stores the value once it is read.
pub trait ErasedVisitor<'de> {
    /// Formats a message that states what the visitor expects.
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Visits a value that the deserializer has read.
    fn visit(&mut self, input: Input<'_, 'de>) -> Result<(), Error>;
}

/// The seed of an element, which stores the value once it is read.
pub trait ElementSeed<'de> {
    /// Reads the element.
    fn read(&mut self, deserializer: &mut dyn ErasedDeserializer<'de>) -> Result<(), Error>;
}

/// The elements of a sequence.
pub trait ErasedSeq<'de> {
    /// Reads the next element; returns whether there was one.
    fn next(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<bool, Error>;

    fn size_hint(&self) -> Option<usize>;
}

/// The entries of a map.
pub trait ErasedMap<'de> {
    /// Reads the next key; returns whether there was one.
    fn next_key(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<bool, Error>;

    fn next_value(&mut self, seed: &mut dyn ElementSeed<'de>) -> Result<(), Error>;

    fn size_hint(&self) -> Option<usize>;
}

/// An enum: first its variant, and then the content of the variant.
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
