//! The error of decoding an event, or a value from an event.

use std::borrow::Cow;

use thiserror::Error;

use super::BoxError;
use super::attribute::AttributeError;
use super::excerpt::truncate;
use super::limit::LimitExceeded;
use super::violation::{BuildError, Violation};

/// The error for a message that is not an event, or for an event that is not the requested value.
///
/// ```
/// use eventkit::DecodeErrorKind;
/// use eventkit::format::{Format, Json};
///
/// let error = Json.decode("{}".into()).unwrap_err();
/// assert_eq!(error.kind(), DecodeErrorKind::Invalid);
/// let missing: Vec<&str> = error.violations().iter().map(|violation| violation.attribute()).collect();
/// assert_eq!(missing, ["specversion", "id", "source", "type"]);
/// ```
#[derive(Debug, Error)]
#[error(transparent)]
pub struct DecodeError(Box<Kind>);

/// The kind of a [`DecodeError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes or headers violate the format or binding.
    Malformed,
    /// The message is not a CloudEvents message at all.
    NotAnEvent,
    /// The `specversion` is not 1.0.
    SpecVersion,
    /// An attribute is missing, malformed or duplicated.
    Invalid,
    /// The event has a different type than the requested one.
    UnexpectedType,
    /// The data does not match its content type or the Rust type.
    Data,
    /// The message exceeds one of the [`Limits`](crate::Limits).
    TooLarge,
    /// No event format or data codec is registered for the media type, or the body has a content
    /// encoding such as gzip.
    UnsupportedMediaType,
}

#[derive(Debug, Error)]
enum Kind {
    #[error("malformed {what}: {reason}")]
    Malformed {
        what: &'static str,
        reason: Cow<'static, str>,
    },
    #[error("malformed {what}")]
    MalformedBy {
        what: &'static str,
        source: BoxError,
    },
    #[error("not a CloudEvents message: {0}")]
    NotAnEvent(Cow<'static, str>),
    #[error("`specversion` is {found:?}, expected \"1.0\" (core, specversion)")]
    SpecVersion { found: String },
    #[error(transparent)]
    Invalid(BuildError),
    #[error("the event is of type {found:?}, expected {expected}")]
    UnexpectedType { found: String, expected: String },
    #[error("failed to decode the data of the event as {target}")]
    Data {
        target: &'static str,
        source: BoxError,
    },
    /// The data is not the JSON that its content type declares, whatever type it is decoded into.
    #[error("failed to decode the data of the event as {target}")]
    NotJson {
        target: &'static str,
        source: BoxError,
    },
    #[error("the event has no data, expected {target}")]
    NoData { target: &'static str },
    #[error(transparent)]
    TooLarge(LimitExceeded),
    #[error("the element at index {index} of the batch is not a valid event")]
    Element { index: usize, source: DecodeError },
    #[error("no {what} is registered for the media type {media_type:?}")]
    UnsupportedMediaType {
        what: &'static str,
        media_type: String,
    },
    #[error("the body has the header `Content-Encoding: {found}`: decode the body first")]
    ContentEncoding { found: String },
}

impl DecodeError {
    /// Creates the error for malformed input of an event format or binding.
    pub fn malformed(what: &'static str, error: impl Into<BoxError>) -> Self {
        let source = error.into();
        Self(Box::new(Kind::MalformedBy { what, source }))
    }

    pub(crate) fn malformed_because(
        what: &'static str,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        let reason = reason.into();
        Self(Box::new(Kind::Malformed { what, reason }))
    }

    /// Creates the error for a message that is not a CloudEvents message, or not a single event.
    pub fn not_an_event(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Kind::NotAnEvent(reason.into())))
    }

    pub(crate) fn a_batch() -> Self {
        Self::not_an_event("a batch of events, expected a single event")
    }

    pub(crate) fn spec_version(found: &str) -> Self {
        let found = truncate(found);
        Self(Box::new(Kind::SpecVersion { found }))
    }

    pub(crate) fn unexpected_type(found: &str, expected: &[&str]) -> Self {
        let quoted: Vec<String> = expected.iter().map(|ty| format!("{ty:?}")).collect();
        Self(Box::new(Kind::UnexpectedType {
            found: truncate(found),
            expected: quoted.join(" or "),
        }))
    }

    pub(crate) fn data_of(target: &'static str, source: BoxError) -> Self {
        Self(Box::new(Kind::Data { target, source }))
    }

    pub(crate) fn not_json(target: &'static str, source: BoxError) -> Self {
        Self(Box::new(Kind::NotJson { target, source }))
    }

    pub(crate) fn no_data(target: &'static str) -> Self {
        Self(Box::new(Kind::NoData { target }))
    }

    pub(crate) fn no_format(media_type: &str) -> Self {
        Self::unsupported("event format", media_type)
    }

    pub(crate) fn no_codec(media_type: &str) -> Self {
        Self::unsupported("data codec", media_type)
    }

    fn unsupported(what: &'static str, media_type: &str) -> Self {
        let media_type = truncate(media_type);
        Self(Box::new(Kind::UnsupportedMediaType { what, media_type }))
    }

    #[cfg(feature = "http")]
    pub(crate) fn content_encoding(found: &str) -> Self {
        let found = truncate(found);
        Self(Box::new(Kind::ContentEncoding { found }))
    }

    /// Creates the error for an attribute that does not fit the type of a field or parameter.
    pub(crate) fn attribute(name: &str, error: &AttributeError) -> Self {
        let violation = Violation::from_error(name, error, "as the Rust type requires");
        BuildError::from(violation).into()
    }

    /// Adds the index of the element that the error refers to, within its batch.
    #[must_use]
    pub fn in_element(self, index: usize) -> Self {
        let source = self;
        Self(Box::new(Kind::Element { index, source }))
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> DecodeErrorKind {
        match &*self.0 {
            Kind::Malformed { .. } | Kind::MalformedBy { .. } => DecodeErrorKind::Malformed,
            Kind::NotAnEvent(_) => DecodeErrorKind::NotAnEvent,
            Kind::SpecVersion { .. } => DecodeErrorKind::SpecVersion,
            Kind::Invalid(_) => DecodeErrorKind::Invalid,
            Kind::UnexpectedType { .. } => DecodeErrorKind::UnexpectedType,
            Kind::Data { .. } | Kind::NotJson { .. } | Kind::NoData { .. } => DecodeErrorKind::Data,
            Kind::TooLarge(_) => DecodeErrorKind::TooLarge,
            Kind::UnsupportedMediaType { .. } | Kind::ContentEncoding { .. } => {
                DecodeErrorKind::UnsupportedMediaType
            }
            Kind::Element { source, .. } => source.kind(),
        }
    }

    /// Returns whether the data is not the JSON that its content type declares.
    #[cfg(feature = "http")]
    pub(crate) fn is_malformed_json_data(&self) -> bool {
        matches!(*self.0, Kind::NotJson { .. })
    }

    /// Returns the violations of attributes; empty for other kinds of errors.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        match &*self.0 {
            Kind::Invalid(error) => error.violations(),
            Kind::Element { source, .. } => source.violations(),
            _ => &[],
        }
    }

    /// Returns the limit that the message exceeds, if that is the cause.
    #[must_use]
    pub fn exceeded(&self) -> Option<&LimitExceeded> {
        match &*self.0 {
            Kind::TooLarge(exceeded) => Some(exceeded),
            Kind::Element { source, .. } => source.exceeded(),
            _ => None,
        }
    }
}

impl From<LimitExceeded> for DecodeError {
    fn from(exceeded: LimitExceeded) -> Self {
        Self(Box::new(Kind::TooLarge(exceeded)))
    }
}

impl From<BuildError> for DecodeError {
    fn from(error: BuildError) -> Self {
        Self(Box::new(Kind::Invalid(error)))
    }
}

impl From<Violation> for DecodeError {
    fn from(violation: Violation) -> Self {
        BuildError::from(violation).into()
    }
}
