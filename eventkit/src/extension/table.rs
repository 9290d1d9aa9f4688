//! The extensions that are a single value.

use std::fmt;
use std::str::FromStr;

use super::Extension;
use crate::event::{
    Attribute, AttributeError, AttributeRef, AttributeValue, Timestamp, UriReference,
};

/// Defines extensions that wrap an attribute type.
macro_rules! extensions {
    ($(
        $(#[$doc:meta])*
        $type:ident($inner:ty), $name:literal, $expected:literal, $valid:expr;
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        #[serde(transparent)]
        pub struct $type($inner);

        impl $type {
            #[doc = concat!("Creates the extension from ", $expected, ".")]
            ///
            /// # Errors
            ///
            /// Returns an error if the value violates the rules of the extension.
            pub fn new(value: impl Into<$inner>) -> Result<Self, AttributeError> {
                let value = value.into();
                let valid: fn(&$inner) -> bool = $valid;
                if valid(&value) {
                    Ok(Self(value))
                } else {
                    Err(AttributeError::new(&value.to_string(), $expected))
                }
            }

            /// Returns the value.
            #[must_use]
            pub fn get(&self) -> &$inner {
                &self.0
            }

            /// Returns the owned value.
            #[must_use]
            pub fn into_inner(self) -> $inner {
                self.0
            }
        }

        impl Extension for $type {
            const NAME: &'static str = $name;
        }

        impl Attribute for $type {
            fn to_attribute(&self) -> Option<AttributeValue> {
                Some(AttributeValue::from(self.0.clone()))
            }

            fn from_attribute(value: Option<AttributeRef<'_>>) -> Result<Self, AttributeError> {
                let value = value.ok_or_else(|| AttributeError::absent($expected))?;
                let wrong = |_| AttributeError::new(&value.into_text(), $expected);
                Self::new(<$inner>::from_attribute(Some(value)).map_err(wrong)?)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let inner = <$inner>::deserialize(deserializer)?;
                Self::new(inner).map_err(serde::de::Error::custom)
            }
        }

        impl FromStr for $type {
            type Err = AttributeError;

            fn from_str(text: &str) -> Result<Self, AttributeError> {
                Self::from_attribute(Some(AttributeRef::Text(text)))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

extensions! {
    /// The key by which brokers assign events to partitions.
    PartitionKey(String), "partitionkey", "a non-empty partition key", |key| !key.is_empty();

    /// The position of an event among those of its source, as text that sorts.
    ///
    /// [`SequenceType`] defines its meaning.
    Sequence(String), "sequence", "a non-empty sequence", |sequence| !sequence.is_empty();

    /// The meaning of a [`Sequence`]; the specification defines [`SequenceType::INTEGER`].
    SequenceType(String), "sequencetype", "a non-empty sequence type", |ty| !ty.is_empty();

    /// The number of occurrences that an event stands for, itself included.
    SampledRate(i32), "sampledrate", "an Integer greater than zero", |rate| *rate > 0;

    /// The time after which an event is no longer useful.
    ExpiryTime(Timestamp), "expirytime", "a Timestamp (RFC 3339)", |_| true;

    /// The time at which the producer created the event.
    RecordedTime(Timestamp), "recordedtime", "a Timestamp (RFC 3339)", |_| true;

    /// The severity of an event as a number: 1 to 4 trace, 5 debug, 9 info, 13 warn, 17 error,
    /// 21 to 24 fatal, as in OpenTelemetry.
    Severity(i32), "severitynumber", "an Integer that is not negative", |number| *number >= 0;

    /// The severity of an event as its source writes it, such as `WARN`.
    SeverityText(String), "severitytext", "a non-empty severity text", |text| !text.is_empty();

    /// A reference to the location where the data of an event is stored (claim check).
    DataRef(UriReference), "dataref", "a URI-reference (RFC 3986)", |_| true;

    /// The identity of the principal that caused an event.
    ///
    /// It is informational and does not authenticate anyone.
    AuthId(String), "authid", "text", |_| true;

    /// Claims about the principal that caused an event, as JSON without credentials.
    AuthClaims(String), "authclaims", "a JSON text", |claims| is_json(claims);

    /// An id that groups the events of a flow or transaction.
    CorrelationId(String), "correlationid", "a non-empty correlation id", |id| !id.is_empty();

    /// The id of the event that caused this one.
    CausationId(String), "causationid", "a non-empty causation id", |id| !id.is_empty();
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

impl SequenceType {
    /// The type of sequences that are 32-bit signed integers.
    pub const INTEGER: &'static str = "Integer";
}

impl Sequence {
    /// Parses the sequence as [`SequenceType::INTEGER`] defines.
    ///
    /// Leading zeros, with which numbers sort as text, are ignored.
    ///
    /// ```
    /// use eventkit::extension::Sequence;
    ///
    /// assert_eq!("0000000042".parse::<Sequence>()?.to_integer()?, 42);
    /// # Ok::<(), eventkit::event::AttributeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a 32-bit signed integer.
    pub fn to_integer(&self) -> Result<i32, AttributeError> {
        let digits = self.0.strip_prefix('-').unwrap_or(&self.0);
        let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = if is_integer {
            self.0.parse().ok()
        } else {
            None
        };
        number.ok_or_else(|| {
            AttributeError::new(&self.0, "an Integer from -2147483648 to 2147483647")
        })
    }
}

impl ExpiryTime {
    /// Returns whether an event is expired and may be dropped: `now` is the expiry time or later.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        *self.0 <= *now
    }
}

/// Defines the levels of OpenTelemetry: the first and the last number of each.
macro_rules! severities {
    ($($name:ident = $first:literal..=$last:literal;)*) => {
        impl Severity {
            $(
                #[doc = concat!("The first of the numbers of the level ", stringify!($name), ".")]
                pub const $name: Self = Self($first);
            )*

            /// Returns the level, or `None` if OpenTelemetry defines none for the number.
            ///
            /// ```
            /// use eventkit::extension::Severity;
            ///
            /// assert_eq!(Severity::new(18)?.level(), Some("ERROR"));
            /// # Ok::<(), eventkit::event::AttributeError>(())
            /// ```
            #[must_use]
            pub fn level(&self) -> Option<&'static str> {
                match self.0 {
                    $($first..=$last => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

severities! {
    TRACE = 1..=4;
    DEBUG = 5..=8;
    INFO = 9..=12;
    WARN = 13..=16;
    ERROR = 17..=20;
    FATAL = 21..=24;
}
