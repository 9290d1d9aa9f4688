//! The type's side, which is compiled once for each type.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::Error;
use serde::de::{
    DeserializeSeed, EnumAccess, Error as _, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use super::{
    ElementSeed, ErasedDeserializer, ErasedEnum, ErasedMap, ErasedSeq, ErasedVisitor, Hint, Input,
    used_twice,
};

/// Adapts an erased deserializer, or another part of a codec, to serde's traits.
pub(in crate::codec) struct Erased<'e, T: ?Sized>(pub(in crate::codec) &'e mut T);

// Each of these functions is compiled for each struct, or for its list of fields. So there are few
// of them, and they match on results: each closure or `?` would add a function.

impl Input<'_, '_> {
    /// Returns the error for a value that a type does not accept.
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

/// The representations of the name of a field or variant.
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

/// Holds a visitor or seed until it is used, and then its value.
struct Slot<T, V, K> {
    reader: Option<T>,
    value: Option<V>,
    /// The kind of inputs that the visitor is compiled for.
    kind: PhantomData<K>,
}

/// Any value.
struct Anything;

/// The inputs that represent structs, tuples and enums. Their visitors reject all others.
struct Compound;

/// The inputs that represent the names of fields and variants.
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

/// Implements the methods of a deserializer, each with its hint and the kind of its visitor.
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
