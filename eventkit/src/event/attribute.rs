//! The type of attribute values, and conversions to and from Rust types.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use chrono::{DateTime, TimeZone};

use super::timestamp::Timestamp;
use super::uri::{Uri, UriReference};
use crate::error::AttributeError;

/// The value of an extension attribute: one of the seven types of the specification.
///
/// Two values are equal when their canonical strings are equal. In header-based bindings every
/// extension arrives as a string, so `Integer(7)` on the sender's side and `String("7")` on the
/// receiver's side are the same value.
///
/// This is the Type System of the core specification.
///
/// ```
/// use eventkit::Event;
/// use eventkit::event::AttributeValue;
///
/// let event = Event::builder().source("/shop").ty("t").extension("priority", 4).build()?;
/// assert_eq!(event.extension("priority"), Some(&AttributeValue::Integer(4)));
/// assert_eq!(event.extension_as::<String>("priority")?, "4");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub enum AttributeValue {
    /// `true` or `false`.
    Boolean(bool),
    /// A 32-bit signed integer.
    Integer(i32),
    /// Text without control characters.
    String(String),
    /// Bytes, written in Base64.
    Binary(Bytes),
    /// An absolute URI.
    Uri(Uri),
    /// A URI or a relative reference.
    UriReference(UriReference),
    /// A point in time.
    Timestamp(Timestamp),
}

impl AttributeValue {
    /// Returns the canonical string of the value, without a copy if the value is already a string.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        AttributeRef::from(self).into_text()
    }

    /// Returns the canonical string of the value, without a copy if the value is already a string.
    pub(crate) fn into_string(self) -> String {
        match self {
            Self::String(text) => text,
            other => other.to_text().into_owned(),
        }
    }

    /// Parses the canonical string of the value as another type.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be read as a `T`.
    pub fn parse<T: Attribute>(&self) -> Result<T, AttributeError> {
        T::from_attribute(Some(self.into()))
    }
}

impl PartialEq for AttributeValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Binary(a), Self::Binary(b)) => a == b,
            (Self::Timestamp(a), Self::Timestamp(b)) => a == b,
            _ => self.to_text() == other.to_text(),
        }
    }
}

impl Eq for AttributeValue {}

impl PartialEq<str> for AttributeValue {
    fn eq(&self, other: &str) -> bool {
        self.to_text() == other
    }
}

impl PartialEq<&str> for AttributeValue {
    fn eq(&self, other: &&str) -> bool {
        self.to_text() == *other
    }
}

impl PartialEq<i32> for AttributeValue {
    fn eq(&self, other: &i32) -> bool {
        *self == Self::Integer(*other)
    }
}

impl PartialEq<bool> for AttributeValue {
    fn eq(&self, other: &bool) -> bool {
        *self == Self::Boolean(*other)
    }
}

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// The value of any attribute, borrowed from the event or its message.
///
/// ```
/// use eventkit::event::AttributeRef;
///
/// assert_eq!(AttributeRef::Integer(4).into_text(), "4");
/// assert_eq!(AttributeRef::Boolean(true).into_text(), "true");
/// assert_eq!(format!("{}", AttributeRef::Text("eu")), "eu");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttributeRef<'a> {
    /// A value of type Boolean.
    Boolean(bool),
    /// A value of type Integer.
    Integer(i32),
    /// A String, a URI or a URI-reference, or a value of any type that arrived as a string.
    Text(&'a str),
    /// A value of type Binary.
    Binary(&'a [u8]),
    /// A value of type Timestamp.
    Timestamp(Timestamp),
}

impl<'a> AttributeRef<'a> {
    /// Returns the canonical string.
    #[must_use]
    pub fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Binary(bytes) => Cow::Owned(BASE64_STANDARD.encode(bytes)),
            Self::Timestamp(time) => Cow::Owned(time.to_string()),
        }
    }
}

/// Writes the canonical string.
impl fmt::Display for AttributeRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.into_text())
    }
}

impl<'a> From<&'a AttributeValue> for AttributeRef<'a> {
    fn from(value: &'a AttributeValue) -> Self {
        match value {
            AttributeValue::Boolean(flag) => Self::Boolean(*flag),
            AttributeValue::Integer(number) => Self::Integer(*number),
            AttributeValue::String(text) => Self::Text(text),
            AttributeValue::Binary(bytes) => Self::Binary(bytes),
            AttributeValue::Uri(uri) => Self::Text(uri.as_str()),
            AttributeValue::UriReference(uri) => Self::Text(uri.as_str()),
            AttributeValue::Timestamp(time) => Self::Timestamp(*time),
        }
    }
}

/// Conversion between a Rust type and the value of an attribute.
///
/// It is implemented by the types of fields that set an attribute of a derived event, and of handler
/// parameters that extract one. An [`Option`] stands for an attribute that may be absent.
///
/// ```
/// use eventkit::event::{Attribute, AttributeError, AttributeRef, AttributeValue, Event};
///
/// #[derive(Debug, PartialEq)]
/// struct Region(String);
///
/// impl Attribute for Region {
///     fn to_attribute(&self) -> Option<AttributeValue> {
///         Some(AttributeValue::from(self.0.as_str()))
///     }
///
///     fn from_attribute(value: Option<AttributeRef<'_>>) -> Result<Self, AttributeError> {
///         String::from_attribute(value).map(Self)
///     }
/// }
///
/// let event = Event::builder().source("/s").ty("t").extension("region", "eu").build()?;
/// assert_eq!(event.extension_as::<Region>("region")?, Region("eu".into()));
/// assert_eq!(event.extension_as::<Option<Region>>("zone")?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an attribute",
    label = "not an attribute type",
    note = "use `String`, `bool`, an integer, `Bytes`, `Timestamp`, `chrono::DateTime`, `Uri`, `UriReference`, `Uuid`, an `Option` of these, or implement `eventkit::event::Attribute`"
)]
pub trait Attribute: Sized {
    /// Whether a value may be a Timestamp, or a string that can be read as one.
    #[doc(hidden)]
    const MAY_BE_TIME: bool = true;

    /// Returns the value to send, or `None` to leave the attribute unset.
    fn to_attribute(&self) -> Option<AttributeValue>;

    /// Returns the value to send as an extension attribute; an integer becomes an Integer.
    #[doc(hidden)]
    fn to_extension(&self) -> Result<Option<AttributeValue>, AttributeError> {
        Ok(self.to_attribute())
    }

    /// Reads the attribute from its value, which is `None` if the attribute is absent.
    ///
    /// # Errors
    ///
    /// Returns an error if a required attribute is absent, or if the value has another type.
    fn from_attribute(value: Option<AttributeRef<'_>>) -> Result<Self, AttributeError>;
}

impl<T: Attribute> Attribute for Option<T> {
    const MAY_BE_TIME: bool = T::MAY_BE_TIME;

    fn to_attribute(&self) -> Option<AttributeValue> {
        self.as_ref().and_then(T::to_attribute)
    }

    fn to_extension(&self) -> Result<Option<AttributeValue>, AttributeError> {
        self.as_ref().map_or(Ok(None), T::to_extension)
    }

    fn from_attribute(value: Option<AttributeRef<'_>>) -> Result<Self, AttributeError> {
        value
            .map(|value| T::from_attribute(Some(value)))
            .transpose()
    }
}

/// Implements [`Attribute`] for types that are read from a value that is present.
macro_rules! attribute {
    ($type:ty, $expected:literal, |$this:ident| $to:expr, |$value:ident| $from:expr $(, may_be_time: $may_be_time:literal)?) => {
        impl Attribute for $type {
            $(const MAY_BE_TIME: bool = $may_be_time;)?

            fn to_attribute(&self) -> Option<AttributeValue> {
                let $this = self;
                Some($to)
            }

            fn from_attribute(value: Option<AttributeRef<'_>>) -> Result<Self, AttributeError> {
                let $value = value.ok_or_else(|| AttributeError::absent($expected))?;
                let read: Option<Self> = $from;
                read.ok_or_else(|| AttributeError::new(&$value.into_text(), $expected))
            }
        }
    };
}

attribute!(
    String,
    "a String",
    |text| AttributeValue::String(text.clone()),
    |value| Some(value.into_text().into_owned())
);
attribute!(
    bool,
    "a Boolean, `true` or `false`",
    |flag| AttributeValue::Boolean(*flag),
    |value| match value {
        AttributeRef::Boolean(flag) => Some(flag),
        AttributeRef::Text("true") => Some(true),
        AttributeRef::Text("false") => Some(false),
        _ => None,
    },
    may_be_time: false
);
attribute!(
    Bytes,
    "Binary in Base64",
    |bytes| AttributeValue::Binary(bytes.clone()),
    |value| binary(value).map(Bytes::from),
    may_be_time: false
);
attribute!(
    Vec<u8>,
    "Binary in Base64",
    |bytes| AttributeValue::Binary(Bytes::copy_from_slice(bytes)),
    |value| binary(value),
    may_be_time: false
);
attribute!(
    Timestamp,
    "a Timestamp (RFC 3339)",
    |time| AttributeValue::Timestamp(*time),
    |value| timestamp(value)
);
attribute!(
    DateTime<chrono::Utc>,
    "a Timestamp (RFC 3339)",
    |time| AttributeValue::Timestamp(Timestamp::from(*time)),
    |value| timestamp(value).map(Self::from)
);
attribute!(
    DateTime<chrono::FixedOffset>,
    "a Timestamp (RFC 3339)",
    |time| AttributeValue::Timestamp(Timestamp::from(*time)),
    |value| timestamp(value).map(Self::from)
);
attribute!(
    Uri,
    "an absolute URI",
    |uri| AttributeValue::Uri(uri.clone()),
    |value| Self::new(value.into_text()).ok(),
    may_be_time: false
);
attribute!(
    UriReference,
    "a URI-reference",
    |uri| AttributeValue::UriReference(uri.clone()),
    |value| Self::new(value.into_text()).ok(),
    may_be_time: false
);
attribute!(
    uuid::Uuid,
    "a UUID",
    |id| AttributeValue::String(id.to_string()),
    |value| value.into_text().parse().ok(),
    may_be_time: false
);

/// Implements the conversions of integer types whose values always fit an Integer.
macro_rules! small_integers {
    ($($type:ty),*) => {$(
        attribute!(
            $type,
            "an Integer that fits",
            |number| AttributeValue::Integer(i32::from(*number)),
            |value| integer(value).and_then(|number| Self::try_from(number).ok()),
            may_be_time: false
        );
    )*};
}
small_integers!(i8, i16, i32, u8, u16);

const NO_INTEGER: &str =
    "an Integer from -2147483648 to 2147483647: pass a larger number as a string";

/// Implements the conversions of integer types whose values may exceed an Integer.
///
/// A larger number is refused as an extension. As a string, the type of the extension would depend
/// on its value.
macro_rules! large_integers {
    ($($type:ty),*) => {$(
        impl Attribute for $type {
            const MAY_BE_TIME: bool = false;

            fn to_attribute(&self) -> Option<AttributeValue> {
                let integer = AttributeValue::try_from(*self);
                Some(integer.unwrap_or_else(|_| AttributeValue::String(self.to_string())))
            }

            fn to_extension(&self) -> Result<Option<AttributeValue>, AttributeError> {
                AttributeValue::try_from(*self).map(Some)
            }

            fn from_attribute(value: Option<AttributeRef<'_>>) -> Result<Self, AttributeError> {
                let expected = "an integer that fits";
                let value = value.ok_or_else(|| AttributeError::absent(expected))?;
                let text = value.into_text();
                whole_number(&text).ok_or_else(|| AttributeError::new(&text, expected))
            }
        }

        impl TryFrom<$type> for AttributeValue {
            type Error = AttributeError;

            /// Returns an Integer, or an error if the number does not fit.
            fn try_from(number: $type) -> Result<Self, AttributeError> {
                let integer = i32::try_from(number).map(Self::Integer);
                integer.map_err(|_| AttributeError::new(&number.to_string(), NO_INTEGER))
            }
        }
    )*};
}
large_integers!(u32, i64, u64, i128, u128, isize, usize);

fn integer(value: AttributeRef<'_>) -> Option<i32> {
    match value {
        AttributeRef::Integer(number) => Some(number),
        AttributeRef::Text(text) => whole_number(text),
        _ => None,
    }
}

/// Parses a canonical integer. `str::parse` would also accept a plus sign and leading zeros.
fn whole_number<T: FromStr>(text: &str) -> Option<T> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = !digits.starts_with(['+', '0']) || digits == "0";
    canonical.then(|| text.parse().ok()).flatten()
}

fn binary(value: AttributeRef<'_>) -> Option<Vec<u8>> {
    match value {
        AttributeRef::Binary(bytes) => Some(bytes.to_vec()),
        AttributeRef::Text(text) => BASE64_STANDARD.decode(text).ok(),
        _ => None,
    }
}

fn timestamp(value: AttributeRef<'_>) -> Option<Timestamp> {
    match value {
        AttributeRef::Timestamp(time) => Some(time),
        AttributeRef::Text(text) => text.parse().ok(),
        _ => None,
    }
}

macro_rules! value_from {
    ($($type:ty => |$value:ident| $make:expr),* $(,)?) => {$(
        impl From<$type> for AttributeValue {
            fn from($value: $type) -> Self {
                $make
            }
        }
    )*};
}

value_from! {
    bool => |flag| Self::Boolean(flag),
    i8 => |number| Self::Integer(number.into()),
    i16 => |number| Self::Integer(number.into()),
    i32 => |number| Self::Integer(number),
    u8 => |number| Self::Integer(number.into()),
    u16 => |number| Self::Integer(number.into()),
    &str => |text| Self::String(text.to_owned()),
    String => |text| Self::String(text),
    &String => |text| Self::String(text.clone()),
    Bytes => |bytes| Self::Binary(bytes),
    Vec<u8> => |bytes| Self::Binary(bytes.into()),
    &[u8] => |bytes| Self::Binary(Bytes::copy_from_slice(bytes)),
    Uri => |uri| Self::Uri(uri),
    UriReference => |uri| Self::UriReference(uri),
    Timestamp => |time| Self::Timestamp(time),
    uuid::Uuid => |id| Self::String(id.to_string()),
}

/// Copies the value. Text becomes a String.
impl From<AttributeRef<'_>> for AttributeValue {
    fn from(value: AttributeRef<'_>) -> Self {
        match value {
            AttributeRef::Boolean(flag) => Self::Boolean(flag),
            AttributeRef::Integer(number) => Self::Integer(number),
            AttributeRef::Text(text) => Self::String(text.to_owned()),
            AttributeRef::Binary(bytes) => bytes.into(),
            AttributeRef::Timestamp(time) => Self::Timestamp(time),
        }
    }
}

impl<Tz: TimeZone> From<DateTime<Tz>> for AttributeValue {
    fn from(time: DateTime<Tz>) -> Self {
        Self::Timestamp(time.into())
    }
}
