//! Where a typed value is read from.

use std::borrow::Cow;

use serde::de::{DeserializeOwned, IgnoredAny};

use crate::error::DecodeError;
use crate::event::{Attribute, AttributeRef, Event};

/// Gives the attributes of an event by name.
pub trait AttributeSource {
    /// Returns the value of an attribute by the name the specification gives it.
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>>;

    /// Reads an attribute as the type of a field or parameter.
    ///
    /// # Errors
    ///
    /// Where it is absent but needed, or of another type.
    fn read_attribute<T: Attribute>(&self, name: &str) -> Result<T, DecodeError> {
        T::from_attribute(self.attribute(name))
            .map_err(|error| DecodeError::attribute(name, &error))
    }
}

/// Is an event to read a typed value from: a decoded [`Event`], or a message whose envelope and
/// data are decoded in the same pass, with nothing in between.
pub trait EventSource: Sized {
    /// The attributes, after the data has been read.
    type Attributes: AttributeSource;

    /// Returns the type of the event.
    ///
    /// # Errors
    ///
    /// Where the message is malformed, or has no type.
    fn event_type(&self) -> Result<Cow<'_, str>, DecodeError>;

    /// Reads the data, and gives the attributes with it.
    ///
    /// # Errors
    ///
    /// Where the event is of another type than `ty`, or not valid, or its data is not a `D`.
    fn read<D: DeserializeOwned>(
        self,
        ty: &'static str,
    ) -> Result<(D, Self::Attributes), DecodeError>;

    /// Gives the attributes, and takes any data or none.
    ///
    /// # Errors
    ///
    /// Where the event is of another type than `ty`, or not valid.
    fn read_attributes(self, ty: &'static str) -> Result<Self::Attributes, DecodeError> {
        self.read::<IgnoredAny>(ty)
            .map(|(_, attributes)| attributes)
    }
}

impl AttributeSource for Event {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        Event::attribute(self, name)
    }
}

impl AttributeSource for &Event {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        Event::attribute(self, name)
    }
}

impl EventSource for &Event {
    type Attributes = Self;

    fn event_type(&self) -> Result<Cow<'_, str>, DecodeError> {
        Ok(Cow::Borrowed(self.ty()))
    }

    fn read<D: DeserializeOwned>(self, ty: &'static str) -> Result<(D, Self), DecodeError> {
        let attributes = self.read_attributes(ty)?;
        Ok((self.data_as()?, attributes))
    }

    fn read_attributes(self, ty: &'static str) -> Result<Self, DecodeError> {
        if self.ty() == ty {
            Ok(self)
        } else {
            Err(DecodeError::unexpected_type(self.ty(), &[ty]))
        }
    }
}
