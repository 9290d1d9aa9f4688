//! Sources of attributes, and readers of typed values.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use crate::codec::{DataSeed, JsonSeed, decode_into};
use crate::error::DecodeError;
use crate::event::{Attribute, AttributeRef, Data, Event, PartialEvent};

/// A source of the attributes of an event, by name.
///
/// ```
/// use eventkit::AttributeSource;
/// use eventkit::event::AttributeRef;
/// use eventkit::filter::Filter;
///
/// struct Headers(&'static [(&'static str, &'static str)]);
///
/// impl AttributeSource for Headers {
///     fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
///         let header = self.0.iter().find(|(own, _)| *own == name);
///         header.map(|(_, value)| AttributeRef::Text(value))
///     }
/// }
///
/// let headers = Headers(&[("type", "co.outcome.order.placed"), ("region", "eu")]);
/// assert!(Filter::sql("region = 'eu'")?.matches(&headers));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait AttributeSource {
    /// Returns the value of an attribute by its name in the specification.
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>>;

    /// Reads an attribute as the type of a field or parameter.
    ///
    /// # Errors
    ///
    /// Returns an error if a required attribute is absent, or if its value has another type.
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

/// A reader of a typed value, from a decoded [`Event`] or from a message whose attributes and data
/// are decoded in one pass.
///
/// Types take it as a trait object, so that they are compiled once and not for each kind of
/// message.
pub trait EventReader {
    /// Returns the type of the event, without checking the event.
    ///
    /// # Errors
    ///
    /// Returns an error if the message is malformed or has no type.
    fn event_type(&self) -> Result<Cow<'_, str>, DecodeError>;

    /// Reads the attributes, and decodes the data with a seed.
    ///
    /// # Errors
    ///
    /// Returns an error if the event is invalid or its type is not `ty`, or if the data cannot be
    /// decoded.
    fn read(&mut self, ty: &'static str, seed: &mut dyn JsonSeed) -> Result<(), DecodeError>;

    /// Reads the attributes, with or without data.
    ///
    /// # Errors
    ///
    /// Returns an error if the event is invalid or its type is not `ty`.
    fn read_attributes(&mut self, ty: &'static str) -> Result<(), DecodeError>;

    /// Reads the whole event, of any type.
    ///
    /// # Errors
    ///
    /// Returns an error if the event is invalid.
    fn read_event(&mut self) -> Result<Event, DecodeError>;

    /// Returns the attributes after they were read.
    fn attributes(&self) -> &dyn AttributeSource;
}

/// Decodes the data as a type, or as the data fields of a type.
///
/// # Errors
///
/// Returns an error if [`EventReader::read`] does.
pub fn read_data<D: DeserializeOwned, T>(
    reader: &mut dyn EventReader,
    ty: &'static str,
) -> Result<D, DecodeError> {
    let mut seed = DataSeed::part_of::<T>();
    match reader.read(ty, &mut seed) {
        Ok(()) => seed.finish(),
        Err(error) => Err(error),
    }
}

impl AttributeSource for PartialEvent<'_> {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        PartialEvent::attribute(self, name)
    }
}

impl AttributeSource for Event {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        Event::attribute(self, name)
    }
}

impl EventReader for &Event {
    fn event_type(&self) -> Result<Cow<'_, str>, DecodeError> {
        Ok(Cow::Borrowed(self.ty()))
    }

    fn read(&mut self, ty: &'static str, seed: &mut dyn JsonSeed) -> Result<(), DecodeError> {
        self.read_attributes(ty)?;
        let bytes = self.data().map(Data::as_bytes);
        decode_into(seed, bytes, self.data_content_type())
    }

    fn read_attributes(&mut self, ty: &'static str) -> Result<(), DecodeError> {
        if self.ty() == ty {
            Ok(())
        } else {
            Err(DecodeError::unexpected_type(self.ty(), &[ty]))
        }
    }

    fn read_event(&mut self) -> Result<Event, DecodeError> {
        Ok((*self).clone())
    }

    fn attributes(&self) -> &dyn AttributeSource {
        *self
    }
}
