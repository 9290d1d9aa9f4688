//! The error for an attribute whose value does not fit the requested type.

use std::borrow::Cow;
use std::convert::Infallible;

use thiserror::Error;

use super::excerpt::truncate;

/// The error for a value that does not fit the requested type.
///
/// ```
/// use eventkit::event::{AttributeError, AttributeValue};
///
/// let error = AttributeValue::from("seven").parse::<i32>().unwrap_err();
/// assert_eq!(error.value(), Some("seven"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not {expected}", match value { Some(value) => format!("{value:?}"), None => "an absent attribute".to_owned() })]
pub struct AttributeError {
    value: Option<String>,
    expected: Cow<'static, str>,
}

impl AttributeError {
    /// Creates an error for a value; the message contains its first characters.
    #[must_use]
    pub fn new(value: &str, expected: impl Into<Cow<'static, str>>) -> Self {
        Self {
            value: Some(truncate(value)),
            expected: expected.into(),
        }
    }

    /// Creates an error for a missing attribute.
    #[must_use]
    pub fn absent(expected: impl Into<Cow<'static, str>>) -> Self {
        Self {
            value: None,
            expected: expected.into(),
        }
    }

    /// Returns the start of the value, or `None` if the attribute is absent.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Returns what was expected instead.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

/// Allows generic code to handle infallible conversions like fallible ones.
impl From<Infallible> for AttributeError {
    fn from(error: Infallible) -> Self {
        match error {}
    }
}
