//! Data on its way into a value, wherever it comes from.

use std::any::type_name;

use serde::de::{DeserializeOwned, Error, IgnoredAny};

use super::as_json::Written;
use super::{Slot, decode_other, text};
use crate::error::DecodeError;
use crate::event::json::is_blank;
use crate::event::{JSON, declares_json};

/// Is where the value of some data goes.
///
/// What reads an event has it as a trait object, and asks it for nothing that could be done without
/// the type: so most is compiled once, and not for each type.
pub trait ReadData {
    /// Reads the JSON value that a text begins with, and returns where it ends.
    ///
    /// # Errors
    ///
    /// Where it is no value of the type.
    fn parse(&mut self, text: &str) -> serde_json::Result<usize>;

    /// Returns the name of the type, as messages show it.
    fn type_name(&self) -> &'static str;

    /// Reads data that is no JSON; `None` where it has to be written as JSON before.
    fn read_other(
        &mut self,
        data: Option<&[u8]>,
        content_type: &str,
    ) -> Option<Result<(), DecodeError>>;
}

/// Is where the value of some data goes, by what its type declares.
#[derive(Debug)]
pub struct DataPlace<D> {
    value: Option<D>,
    type_name: &'static str,
    /// How data is read that is no JSON, where that is compiled for the type.
    other: Option<ReadOther<D>>,
}

type ReadOther<D> =
    fn(&mut Option<D>, Option<&[u8]>, &str, &'static str) -> Result<(), DecodeError>;

impl<D: DeserializeOwned> DataPlace<D> {
    /// Makes a place for data that is declared to be JSON.
    ///
    /// Data that comes in another media type is first written as JSON, so that types are read in one
    /// way alone: to read each in all ways takes a compiler longer than everything else about it.
    #[must_use]
    pub fn json() -> Self {
        Self {
            value: None,
            type_name: type_name::<D>(),
            other: None,
        }
    }

    /// Makes a place for data that is declared to be anything but JSON: its codec is asked for the
    /// value.
    #[must_use]
    pub fn any() -> Self {
        Self {
            other: Some(read_other::<D>),
            ..Self::json()
        }
    }

    /// Shows another type in messages, where the value is only a part of it.
    #[must_use]
    pub fn part_of<T>(mut self) -> Self {
        self.type_name = type_name::<T>();
        self
    }

    /// Returns the value.
    ///
    /// # Errors
    ///
    /// Where nothing has been read.
    pub fn take(self) -> Result<D, DecodeError> {
        match self.value {
            Some(value) => Ok(value),
            None => Err(nothing(self.type_name)),
        }
    }
}

impl<D: DeserializeOwned> ReadData for DataPlace<D> {
    fn parse(&mut self, text: &str) -> serde_json::Result<usize> {
        // The one place where types meet a deserializer of JSON.
        let mut json = serde_json::Deserializer::from_str(text);
        self.value = Some(D::deserialize(&mut json)?);
        Ok(json.into_iter::<IgnoredAny>().byte_offset())
    }

    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn read_other(
        &mut self,
        data: Option<&[u8]>,
        content_type: &str,
    ) -> Option<Result<(), DecodeError>> {
        let read = self.other?;
        Some(read(&mut self.value, data, content_type, self.type_name))
    }
}

/// Has the codec of the data read a value.
fn read_other<D: DeserializeOwned>(
    value: &mut Option<D>,
    data: Option<&[u8]>,
    content_type: &str,
    target: &'static str,
) -> Result<(), DecodeError> {
    let mut slot = Slot(None);
    let read = decode_other(data, content_type, target, &mut slot);
    *value = slot.0;
    read
}

impl dyn ReadData + '_ {
    /// Reads data by its media type; without one, as JSON. Absent data is read as a unit.
    ///
    /// # Errors
    ///
    /// Where no codec is registered for the media type, or the data is not such a value.
    pub(crate) fn read(
        &mut self,
        data: Option<&[u8]>,
        content_type: Option<&str>,
    ) -> Result<(), DecodeError> {
        let (target, content_type) = (self.type_name(), content_type.unwrap_or(JSON));
        if let Some(bytes) = data
            && declares_json(content_type)
        {
            let read = self.read_whole(text(bytes, target)?);
            return read.map_err(|error| DecodeError::data_of(target, error.into()));
        }
        if let Some(read) = self.read_other(data, content_type) {
            return read;
        }
        let mut written = Written::default();
        decode_other(data, content_type, target, &mut written)?;
        let json = written.0.ok_or_else(|| nothing(target))?;
        self.read_whole(&json).map_err(|error| match data {
            Some(_) => DecodeError::data_of(target, as_json(&error, content_type).into()),
            None => DecodeError::no_data(target),
        })
    }

    /// Reads the JSON value that a text begins with, and returns where it ends.
    pub(crate) fn read_first(&mut self, text: &str) -> serde_json::Result<usize> {
        match self.parse(text)? {
            0 => Err(Error::custom("the type does not read its value")),
            end => Ok(end),
        }
    }

    /// Reads the one JSON value that a text is.
    fn read_whole(&mut self, text: &str) -> serde_json::Result<()> {
        let end = self.read_first(text)?;
        if is_blank(&text.as_bytes()[end..]) {
            return Ok(());
        }
        // Any reader of the whole text says what is wrong with the rest, and where.
        serde_json::from_str::<IgnoredAny>(text)?;
        Err(Error::custom("the type does not read all of its value"))
    }
}

/// Says that a codec has not done what it is for.
fn nothing(target: &'static str) -> DecodeError {
    DecodeError::data_of(target, "the codec handed over no deserializer".into())
}

/// Says why a type that declares JSON was not read from what is none.
fn as_json(error: &serde_json::Error, content_type: &str) -> String {
    format!("{error}, where {content_type:?} is read as JSON, which the type declares")
}
