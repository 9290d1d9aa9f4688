//! Values that are encoded as data.

use serde::Serialize;

use super::ErasedSerialize;

/// A value of any type that can be encoded as data.
pub trait DataValue {
    /// Writes the value as JSON, without an intermediate erased serializer.
    fn write_json(&self, out: &mut Vec<u8>) -> serde_json::Result<()>;

    /// Returns the value for a codec.
    fn erased(&self) -> &dyn ErasedSerialize;

    /// Returns the name of the type for error messages.
    fn type_name(&self) -> &'static str;
}

/// A reference to a value, for code that is compiled once instead of for each type.
pub(crate) struct ValueRef<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Serialize + ?Sized> DataValue for ValueRef<'_, T> {
    fn write_json(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        self.0.serialize(&mut serde_json::Serializer::new(out))
    }

    fn erased(&self) -> &dyn ErasedSerialize {
        &self.0
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<T>()
    }
}
