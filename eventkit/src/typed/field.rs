//! Fields of derived types that set attributes.

use std::borrow::Cow;

use super::{AttributeSource, ConstString};
use crate::error::{DecodeError, EncodeError};
use crate::event::{
    Attribute, AttributeError, AttributeRef, AttributeValue, BuildError, EventBuilder, EventParts,
    Violation, name,
};

/// A field of a derived type that sets an attribute.
///
/// Only [`attribute_field`] has the bound, so that a type that is not an attribute type causes one
/// error.
#[derive(Debug)]
pub struct AttributeField<T> {
    name: &'static str,
    to_attribute: fn(&T) -> Option<AttributeValue>,
    to_extension: fn(&T) -> Result<Option<AttributeValue>, AttributeError>,
    from_attribute: for<'a> fn(Option<AttributeRef<'a>>) -> Result<T, AttributeError>,
}

/// Creates a field from the name of its attribute, which the derive macro has checked.
#[must_use]
pub const fn attribute_field<T: Attribute>(name: &'static str) -> AttributeField<T> {
    AttributeField {
        name,
        to_attribute: T::to_attribute,
        to_extension: T::to_extension,
        from_attribute: T::from_attribute,
    }
}

/// Creates the field that sets the time of the event.
///
/// # Panics
///
/// Panics at compile time if no value of the type can be a time.
#[must_use]
#[track_caller]
pub const fn time_field<T: Attribute>(ty: &str) -> AttributeField<T> {
    if !T::MAY_BE_TIME {
        let message = ConstString::new().push("`").push(ty);
        let message = message.push("` cannot be the time of an event: use `Timestamp`, `chrono::DateTime`, a `String` in RFC 3339 format, or an `Option` of one of these");
        panic!("{}", message.as_str())
    }
    attribute_field(name::TIME)
}

impl<T> AttributeField<T> {
    /// Sets the attribute, unless the value is absent.
    ///
    /// # Errors
    ///
    /// Returns an error if the time is not a Timestamp, or if the value of an extension exceeds its
    /// type.
    pub fn set(&self, mut builder: EventBuilder, value: &T) -> Result<EventBuilder, EncodeError> {
        let at = name::core_at(self.name);
        let value = match at {
            Some(_) => Ok((self.to_attribute)(value)),
            None => (self.to_extension)(value),
        };
        set_attribute(&mut builder.parts, self.name, at, value)?;
        Ok(builder)
    }

    /// Reads the attribute.
    ///
    /// # Errors
    ///
    /// Returns an error if a required attribute is absent, or if its value has another type.
    pub fn get(&self, attributes: &dyn AttributeSource) -> Result<T, DecodeError> {
        (self.from_attribute)(attributes.attribute(self.name))
            .map_err(|error| DecodeError::attribute(self.name, &error))
    }
}

/// Sets an attribute, unless the value is absent. `at` is the index of a core attribute.
fn set_attribute(
    parts: &mut EventParts,
    name: &'static str,
    at: Option<usize>,
    value: Result<Option<AttributeValue>, AttributeError>,
) -> Result<(), EncodeError> {
    let invalid = |error: AttributeError| {
        let section = match name {
            name::TIME => "core, time",
            _ => "core, Type System",
        };
        BuildError::from(Violation::from_error(name, &error, section))
    };
    let Some(value) = value.map_err(invalid)? else {
        return Ok(());
    };
    match at {
        Some(name::TIME_AT) => parts.time = Some(value.parse().map_err(invalid)?),
        Some(at) => parts.core[at] = Some(Cow::Owned(value.into_string())),
        None => parts.set_extension(Cow::Borrowed(name), value),
    }
    Ok(())
}

/// Sets an attribute to a computed value.
///
/// # Errors
///
/// Returns an error if [`AttributeField::set`] does.
pub fn set_computed<V: ComputedValue>(
    mut builder: EventBuilder,
    name: &'static str,
    value: V,
) -> Result<EventBuilder, EncodeError> {
    let at = name::core_at(name);
    let value = value.into_value(at.is_none());
    set_attribute(&mut builder.parts, name, at, value)?;
    Ok(builder)
}

/// A value that a function can return for an attribute: an [`Attribute`], or borrowed text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an attribute",
    label = "the function does not return an attribute value",
    note = "return `String`, `&str`, `bool`, an integer, `Timestamp`, `chrono::DateTime`, `Uri`, `UriReference`, `Uuid`, or an `Option` of one of these"
)]
pub trait ComputedValue {
    /// Returns the value. A value that is not for an extension may exceed the type Integer.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is for an extension and exceeds its type.
    fn into_value(self, is_extension: bool) -> Result<Option<AttributeValue>, AttributeError>;
}

#[diagnostic::do_not_recommend]
impl<T: Attribute> ComputedValue for T {
    fn into_value(self, is_extension: bool) -> Result<Option<AttributeValue>, AttributeError> {
        if is_extension {
            self.to_extension()
        } else {
            Ok(self.to_attribute())
        }
    }
}

impl ComputedValue for &str {
    fn into_value(self, _: bool) -> Result<Option<AttributeValue>, AttributeError> {
        Ok(Some(self.into()))
    }
}

impl ComputedValue for &String {
    fn into_value(self, _: bool) -> Result<Option<AttributeValue>, AttributeError> {
        Ok(Some(self.into()))
    }
}

impl ComputedValue for Option<&str> {
    fn into_value(self, _: bool) -> Result<Option<AttributeValue>, AttributeError> {
        Ok(self.map(AttributeValue::from))
    }
}

impl ComputedValue for Cow<'_, str> {
    fn into_value(self, _: bool) -> Result<Option<AttributeValue>, AttributeError> {
        Ok(Some(self.into_owned().into()))
    }
}
