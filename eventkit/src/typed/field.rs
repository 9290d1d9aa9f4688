//! Fields of a derived type that set attributes.

use std::borrow::Cow;

use super::{AttributeSource, ConstString};
use crate::error::{DecodeError, EncodeError};
use crate::event::{
    Attribute, AttributeError, AttributeRef, AttributeValue, BuildError, EventBuilder, Violation,
    name,
};

/// A field of a derived type that sets an attribute.
///
/// The bound stands in one place, [`attribute_field`], so that a type that is no attribute is one
/// error.
#[derive(Debug)]
pub struct AttributeField<T> {
    name: &'static str,
    to_attribute: fn(&T) -> Option<AttributeValue>,
    to_extension: fn(&T) -> Result<Option<AttributeValue>, AttributeError>,
    from_attribute: for<'a> fn(Option<AttributeRef<'a>>) -> Result<T, AttributeError>,
}

/// Creates a field from the name of its attribute, which the derive has checked.
#[must_use]
pub const fn attribute_field<T: Attribute>(name: &'static str) -> AttributeField<T> {
    AttributeField {
        name,
        to_attribute: T::to_attribute,
        to_extension: T::to_extension,
        from_attribute: T::from_attribute,
    }
}

/// Creates the field that sets the time.
///
/// # Panics
///
/// Panics, while the compiler runs, if no value of the type is a time.
#[must_use]
#[track_caller]
pub const fn time_field<T: Attribute>(ty: &str) -> AttributeField<T> {
    if !T::MAY_BE_TIME {
        let message = ConstString::new().push("`").push(ty);
        let message = message.push("` cannot be the time of an event: use `Timestamp`, `chrono::DateTime`, a `String` in the form of RFC 3339, or an `Option` of one of these");
        panic!("{}", message.as_str())
    }
    attribute_field(name::TIME)
}

impl<T> AttributeField<T> {
    /// Sets the attribute; an absent value leaves it as it is.
    ///
    /// # Errors
    ///
    /// Returns an error if the value for the time is not a Timestamp, or that of an extension exceeds
    /// its type.
    pub fn set(&self, mut builder: EventBuilder, value: &T) -> Result<EventBuilder, EncodeError> {
        let invalid = |error: AttributeError, section| {
            BuildError::from(Violation::from_error(self.name, &error, section))
        };
        let parts = &mut builder.parts;
        let Some(at) = name::core_at(self.name) else {
            let value = (self.to_extension)(value);
            if let Some(value) = value.map_err(|error| invalid(error, "core, Type System"))? {
                parts.set_extension(Cow::Borrowed(self.name), value);
            }
            return Ok(builder);
        };
        let Some(value) = (self.to_attribute)(value) else {
            return Ok(builder);
        };
        if at == name::TIME_AT {
            let time = value.parse().map_err(|error| invalid(error, "core, time"));
            parts.time = Some(time?);
        } else {
            parts.core[at] = Some(Cow::Owned(value.to_text().into_owned()));
        }
        Ok(builder)
    }

    /// Reads the attribute.
    ///
    /// # Errors
    ///
    /// Returns an error if it is absent but needed, or of another type.
    pub fn get(&self, attributes: &dyn AttributeSource) -> Result<T, DecodeError> {
        (self.from_attribute)(attributes.attribute(self.name))
            .map_err(|error| DecodeError::attribute(self.name, &error))
    }
}
