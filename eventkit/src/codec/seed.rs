//! Seeds: typed values into which data is decoded.

use std::any::type_name;

use serde::de::{DeserializeOwned, Error, IgnoredAny};
use serde_json::de::StrRead;

use super::erased::type_side::Erased;
use super::{ErasedDeserializer, ErasedSeed, decode_other};
use crate::error::{BoxError, DecodeError};
use crate::event::json::{byte_order_mark, is_blank, is_value};
use crate::event::{JSON, declares_json};

/// A seed that can also read JSON text, without an intermediate erased deserializer.
///
/// Readers of events take it as a trait object, so that they are compiled once, rather than for
/// each type.
///
/// [`DataSeed`] implements it, and has an example.
pub trait JsonSeed: ErasedSeed {
    /// Reads the JSON value that is next.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a value of the type.
    fn deserialize_json(
        &mut self,
        json: &mut serde_json::Deserializer<StrRead<'_>>,
    ) -> serde_json::Result<()>;

    /// Returns the name of the type for error messages.
    fn type_name(&self) -> &'static str;
}

/// A seed that decodes the data of an event into a `D`.
///
/// ```
/// use eventkit::codec::{DataSeed, JsonSeed};
///
/// let mut seed = DataSeed::<u32>::new();
/// assert_eq!(seed.type_name(), "u32");
/// seed.deserialize_json(&mut serde_json::Deserializer::from_str("7"))?;
/// assert_eq!(seed.finish().unwrap(), 7);
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
        Self::part_of::<D>()
    }

    /// Creates a seed for a part of another type, whose name error messages show.
    #[must_use]
    pub fn part_of<T>() -> Self {
        Self {
            value: None,
            type_name: type_name::<T>(),
        }
    }

    /// Returns the value.
    ///
    /// # Errors
    ///
    /// Returns an error if nothing was decoded.
    pub fn finish(self) -> Result<D, DecodeError> {
        match self.value {
            Some(value) => Ok(value),
            None => Err(no_value(self.type_name)),
        }
    }
}

#[cold]
fn no_value(type_name: &'static str) -> DecodeError {
    DecodeError::data_of(type_name, "the codec did not deserialize a value".into())
}

impl<D: DeserializeOwned> Default for DataSeed<D> {
    fn default() -> Self {
        Self::new()
    }
}

// These methods are compiled for each type of data, so their callers do as much of the work as
// possible.

impl<D: DeserializeOwned> ErasedSeed for DataSeed<D> {
    fn deserialize(
        &mut self,
        deserializer: &mut dyn ErasedDeserializer<'_>,
    ) -> Result<(), BoxError> {
        match D::deserialize(Erased(deserializer)) {
            Ok(value) => {
                self.value = Some(value);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl<D: DeserializeOwned> JsonSeed for DataSeed<D> {
    fn deserialize_json(
        &mut self,
        json: &mut serde_json::Deserializer<StrRead<'_>>,
    ) -> serde_json::Result<()> {
        match D::deserialize(json) {
            Ok(value) => {
                self.value = Some(value);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn type_name(&self) -> &'static str {
        self.type_name
    }
}

/// Reads the JSON value at the start of a text, and returns the position after it.
pub(crate) fn read_json(seed: &mut dyn JsonSeed, text: &str) -> serde_json::Result<usize> {
    let mut json = serde_json::Deserializer::from_str(text);
    seed.deserialize_json(&mut json)?;
    match json.into_iter::<IgnoredAny>().byte_offset() {
        0 => Err(Error::custom("the type did not deserialize its value")),
        end => Ok(end),
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
            // Checked once for the whole text: a reader of bytes would check each string
            // separately.
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

/// Decodes a text that consists of one JSON value.
fn decode_json(seed: &mut dyn JsonSeed, text: &str) -> serde_json::Result<()> {
    let end = read_json(seed, text)?;
    if is_blank(&text[end..]) {
        return Ok(());
    }
    // Parsing the whole text reports the error in the rest, and its position.
    serde_json::from_str::<IgnoredAny>(text)?;
    Err(Error::custom(
        "the type did not deserialize its whole value",
    ))
}
