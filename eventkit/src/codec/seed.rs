//! Seeds: typed values that data is decoded into.

use std::any::type_name;

use serde::de::{DeserializeOwned, Error, IgnoredAny};

use super::{ErasedDeserializer, ErasedSeed, decode_other};
use crate::error::{BoxError, DecodeError};
use crate::event::json::{byte_order_mark, is_blank, is_value};
use crate::event::{JSON, declares_json};

/// Seed that also reads JSON text, without an erased deserializer in between.
///
/// Readers of events take it as a trait object, so that they are compiled once, and not for each
/// type.
///
/// [`DataSeed`] implements it, and has an example.
pub trait JsonSeed: ErasedSeed {
    /// Reads the JSON value that a text begins with, and returns where it ends.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a value of the type.
    fn deserialize_json(&mut self, text: &str) -> serde_json::Result<usize>;

    /// Returns the name of the type, as error messages show it.
    fn type_name(&self) -> &'static str;
}

/// Seed of the data of an event: decodes it into a `D`.
///
/// ```
/// use eventkit::codec::{DataSeed, JsonSeed};
///
/// let mut seed = DataSeed::<u32>::new();
/// assert_eq!(seed.type_name(), "u32");
/// assert_eq!(seed.deserialize_json("7, 8")?, 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug)]
pub struct DataSeed<D> {
    value: Option<D>,
    type_name: &'static str,
}

impl<D: DeserializeOwned> DataSeed<D> {
    /// Creates a seed without a value.
    #[must_use]
    pub fn new() -> Self {
        Self {
            value: None,
            type_name: type_name::<D>(),
        }
    }

    /// Shows another type in error messages, of which the value is a part.
    #[must_use]
    pub fn part_of<T>(mut self) -> Self {
        self.type_name = type_name::<T>();
        self
    }

    /// Returns the value.
    ///
    /// # Errors
    ///
    /// Returns an error if nothing was decoded.
    pub fn finish(self) -> Result<D, DecodeError> {
        self.value.ok_or_else(|| {
            let error = "the codec did not deserialize a value";
            DecodeError::data_of(self.type_name, error.into())
        })
    }
}

impl<D: DeserializeOwned> Default for DataSeed<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: DeserializeOwned> ErasedSeed for DataSeed<D> {
    fn deserialize(
        &mut self,
        deserializer: &mut dyn ErasedDeserializer<'_>,
    ) -> Result<(), BoxError> {
        self.value = Some(erased_serde::deserialize(deserializer)?);
        Ok(())
    }
}

impl<D: DeserializeOwned> JsonSeed for DataSeed<D> {
    fn deserialize_json(&mut self, text: &str) -> serde_json::Result<usize> {
        let mut json = serde_json::Deserializer::from_str(text);
        self.value = Some(D::deserialize(&mut json)?);
        match json.into_iter::<IgnoredAny>().byte_offset() {
            0 => Err(Error::custom("the type does not read its value")),
            end => Ok(end),
        }
    }

    fn type_name(&self) -> &'static str {
        self.type_name
    }
}

/// Decodes data by its media type; without one, as JSON. Absent data is read as `null`.
pub(crate) fn decode_into(
    seed: &mut dyn JsonSeed,
    data: Option<&[u8]>,
    content_type: Option<&str>,
) -> Result<(), DecodeError> {
    let (target, content_type) = (seed.type_name(), content_type.unwrap_or(JSON));
    match data {
        None => decode_json(seed, "null").map_err(|_| DecodeError::no_data(target)),
        Some(bytes) if declares_json(content_type) => {
            // Checked once here: a reader of bytes would check each string.
            let text = std::str::from_utf8(bytes);
            let read = text.map_err(BoxError::from);
            let read = read.and_then(|text| Ok(decode_json(seed, text)?));
            read.map_err(|error| {
                if text.is_ok_and(is_value) {
                    return DecodeError::data_of(target, error);
                }
                let error = byte_order_mark(bytes).map_or(error, Into::into);
                DecodeError::not_json(target, error)
            })
        }
        Some(bytes) => decode_other(seed, bytes, content_type),
    }
}

/// Decodes the one JSON value that a text is.
fn decode_json(seed: &mut dyn JsonSeed, text: &str) -> serde_json::Result<()> {
    let end = seed.deserialize_json(text)?;
    if is_blank(&text[end..]) {
        return Ok(());
    }
    // A reader of the whole text says what is wrong with the rest, and where.
    serde_json::from_str::<IgnoredAny>(text)?;
    Err(Error::custom("the type does not read all of its value"))
}
