//! Fields of a derived type that set attributes.

use std::borrow::Cow;

use super::{AttributeSource, ConstString};
use crate::error::{DecodeError, EncodeError};
use crate::event::{
    Attribute, AttributeError, AttributeRef, AttributeValue, BuildError, EventBuilder, EventParts,
    Violation, name,
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
    /// Returns an error if it is absent but needed, or of another type.
    pub fn get(&self, attributes: &dyn AttributeSource) -> Result<T, DecodeError> {
        (self.from_attribute)(attributes.attribute(self.name))
            .map_err(|error| DecodeError::attribute(self.name, &error))
    }
}

/// Sets an attribute, whose place is that of the core; an absent value leaves it as it is.
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

/// Sets an attribute to what a function has computed.
///
/// # Errors
///
/// Returns an error as [`AttributeField::set`] does.
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

/// A value that a function may return for an attribute: an [`Attribute`], or borrowed text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an attribute",
    label = "this function does not return the value of an attribute",
    note = "return `String`, `&str`, `bool`, an integer, `Timestamp`, `chrono::DateTime`, `Uri`, `UriReference`, `Uuid`, or an `Option` of one"
)]
pub trait ComputedValue {
    /// Returns the value, which may exceed the type Integer if it is no extension.
    ///
    /// # Errors
    ///
    /// Returns an error if it is an extension, and exceeds its type.
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
