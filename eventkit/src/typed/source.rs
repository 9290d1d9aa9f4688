//! Where a typed value is read from.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use crate::codec::{DataPlace, ReadData};
use crate::error::DecodeError;
use crate::event::{Attribute, AttributeRef, Data, Event};

/// Gives the attributes of an event by name.
pub trait AttributeSource {
    /// Returns the value of an attribute by the name the specification gives it.
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>>;

    /// Reads an attribute as the type of a field or parameter.
    ///
    /// # Errors
    ///
    /// Where it is absent but needed, or of another type.
    fn read_attribute<T: Attribute>(&self, name: &str) -> Result<T, DecodeError>
    where
        Self: Sized,
    {
        T::from_attribute(self.attribute(name))
            .map_err(|error| DecodeError::attribute(name, &error))
    }
}

impl<A: AttributeSource + ?Sized> AttributeSource for &A {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        (**self).attribute(name)
    }
}

/// Is an event to read a typed value from: a decoded [`Event`], or a message whose envelope and
/// data are decoded in the same pass, with nothing in between.
///
/// Types are read from it as a trait object: what reads them is compiled once, and not for each place
/// that an event may come from.
pub trait EventSource {
    /// Returns the type of the event.
    ///
    /// # Errors
    ///
    /// Where the message is malformed, or has no type.
    fn event_type(&self) -> Result<Cow<'_, str>, DecodeError>;

    /// Reads the data to where a value of it goes, and the attributes.
    ///
    /// # Errors
    ///
    /// Where the event is of another type than `ty`, or not valid, or its data is no such value.
    fn read(&mut self, ty: &'static str, data: &mut dyn ReadData) -> Result<(), DecodeError>;

    /// Reads the attributes, and takes any data or none.
    ///
    /// # Errors
    ///
    /// Where the event is of another type than `ty`, or not valid.
    fn read_attributes(&mut self, ty: &'static str) -> Result<(), DecodeError>;

    /// Returns the attributes, after they have been read.
    fn attributes(&self) -> &dyn AttributeSource;
}

/// Reads the data of a type, or the part of the type that is data, which is declared to be JSON.
///
/// # Errors
///
/// As for [`EventSource::read`].
pub fn read_json<D: DeserializeOwned, T>(
    source: &mut dyn EventSource,
    ty: &'static str,
) -> Result<D, DecodeError> {
    read(source, ty, DataPlace::json().part_of::<T>())
}

/// Reads the data of a type, or the part of the type that is data, which is declared to be anything
/// but JSON.
///
/// # Errors
///
/// As for [`EventSource::read`].
pub fn read_any<D: DeserializeOwned, T>(
    source: &mut dyn EventSource,
    ty: &'static str,
) -> Result<D, DecodeError> {
    read(source, ty, DataPlace::any().part_of::<T>())
}

fn read<D: DeserializeOwned>(
    source: &mut dyn EventSource,
    ty: &'static str,
    mut data: DataPlace<D>,
) -> Result<D, DecodeError> {
    source.read(ty, &mut data)?;
    data.take()
}

impl AttributeSource for Event {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        Event::attribute(self, name)
    }
}

impl EventSource for &Event {
    fn event_type(&self) -> Result<Cow<'_, str>, DecodeError> {
        Ok(Cow::Borrowed(self.ty()))
    }

    fn read(&mut self, ty: &'static str, data: &mut dyn ReadData) -> Result<(), DecodeError> {
        self.read_attributes(ty)?;
        let bytes = self.data().map(Data::as_bytes);
        data.read(bytes, self.data_content_type())
    }

    fn read_attributes(&mut self, ty: &'static str) -> Result<(), DecodeError> {
        if self.ty() == ty {
            Ok(())
        } else {
            Err(DecodeError::unexpected_type(self.ty(), &[ty]))
        }
    }

    fn attributes(&self) -> &dyn AttributeSource {
        *self
    }
}
