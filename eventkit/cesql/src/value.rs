//! Values, types and casts.

use std::borrow::Cow;
use std::fmt;

/// The type of a value (3.1).
///
/// ```
/// use eventkit_cesql::{Type, Value};
///
/// assert_eq!(Value::Integer(7).ty(), Type::Integer);
/// assert_eq!(Value::from("7").cast(Type::Integer), Some(Value::Integer(7)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// A signed 32-bit integer.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
}

impl Type {
    /// Returns the zero value: `0`, `false` or the empty string.
    #[must_use]
    pub const fn zero(self) -> Value<'static> {
        match self {
            Self::Integer => Value::Integer(0),
            Self::Boolean => Value::Boolean(false),
            Self::String => Value::String(Cow::Borrowed("")),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Integer => "Integer",
            Self::Boolean => "Boolean",
            Self::String => "String",
        })
    }
}

/// The value of an expression. Strings are borrowed from the event or the expression where
/// possible.
///
/// ```
/// use eventkit_cesql::{Type, Value};
///
/// assert_eq!(Value::from("10").cast(Type::Integer), Some(Value::Integer(10)));
/// assert_eq!(Value::from("ten").cast(Type::Integer), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// An integer.
    Integer(i32),
    /// `true` or `false`.
    Boolean(bool),
    /// Text.
    String(Cow<'a, str>),
}

impl<'a> Value<'a> {
    /// Returns the type.
    #[must_use]
    pub const fn ty(&self) -> Type {
        match self {
            Self::Integer(_) => Type::Integer,
            Self::Boolean(_) => Type::Boolean,
            Self::String(_) => Type::String,
        }
    }

    /// Casts to another type (3.7), or returns `None` if a string does not represent a value of
    /// that type.
    #[must_use]
    pub fn cast(self, ty: Type) -> Option<Self> {
        Some(match ty {
            Type::Integer => Self::Integer(self.to_integer()?),
            Type::Boolean => Self::Boolean(self.to_boolean()?),
            Type::String => Self::String(self.into_text()),
        })
    }

    /// Casts to `Integer`, or returns `None` if a string does not represent one.
    #[must_use]
    pub fn to_integer(&self) -> Option<i32> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Boolean(flag) => Some(i32::from(*flag)),
            Self::String(text) => text.parse().ok(),
        }
    }

    /// Casts to `Boolean`, or returns `None` if a string does not represent one.
    #[must_use]
    pub fn to_boolean(&self) -> Option<bool> {
        match self {
            Self::Integer(number) => Some(*number != 0),
            Self::Boolean(flag) => Some(*flag),
            Self::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Self::String(_) => None,
        }
    }

    /// Casts to `String`, which succeeds for every value.
    #[must_use]
    pub fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
            Self::String(text) => text,
        }
    }

    /// Converts to a value that owns its string.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Integer(number) => Value::Integer(number),
            Self::Boolean(flag) => Value::Boolean(flag),
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
        }
    }
}

impl fmt::Display for Value<'_> {
    /// Writes integers and Booleans as literals, and strings in double quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Boolean(flag) => write!(f, "{flag}"),
            Self::String(text) => write!(f, "{text:?}"),
        }
    }
}

impl From<i32> for Value<'_> {
    fn from(number: i32) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::String(text)
    }
}
