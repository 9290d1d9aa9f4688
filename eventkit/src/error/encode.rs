//! The error of converting a value to an event, or an event to bytes.

use thiserror::Error;

use super::BoxError;
use super::excerpt::truncate;
use super::violation::BuildError;
use crate::event::name;

/// The error for a value that cannot be encoded as an event, or for an event that cannot be encoded
/// as a message.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct EncodeError(Box<Kind>);

#[derive(Debug, Error)]
enum Kind {
    #[error("{error}{help}", error = .0, help = source_help(.0))]
    Build(BuildError),
    #[error("failed to encode the data")]
    Data(#[source] BoxError),
    #[error("no data codec is registered for the media type `{0}`")]
    NoCodec(String),
    #[error("the event format `{format}` does not support batches")]
    NoBatch { format: String },
    #[error("failed to encode the event in its format")]
    Format(#[source] BoxError),
    #[error("the attribute `{attribute}` does not fit into a header of the binding")]
    Header { attribute: String },
    #[error("the attribute `{attribute}` cannot be represented in {place}")]
    NoForm {
        attribute: String,
        place: &'static str,
    },
    #[error(
        "the attribute `{attribute}` would be mistaken for another one with that name in {place}"
    )]
    Ambiguous {
        attribute: String,
        place: &'static str,
    },
    #[error("the event has more attributes than fit into headers")]
    TooManyHeaders,
}

impl EncodeError {
    /// Creates the error for a payload that its codec could not encode.
    pub fn data(error: impl Into<BoxError>) -> Self {
        Self(Box::new(Kind::Data(error.into())))
    }

    /// Creates the error for an event that an [event format](crate::format::Format) cannot
    /// represent.
    pub fn format(error: impl Into<BoxError>) -> Self {
        Self(Box::new(Kind::Format(error.into())))
    }

    /// Creates the error for an event format without batches.
    #[must_use]
    pub fn no_batch(format: &str) -> Self {
        let format = format.to_owned();
        Self(Box::new(Kind::NoBatch { format }))
    }

    pub(crate) fn no_codec(media_type: &str) -> Self {
        Self(Box::new(Kind::NoCodec(media_type.to_owned())))
    }

    pub(crate) fn header(attribute: &str) -> Self {
        let attribute = truncate(attribute);
        Self(Box::new(Kind::Header { attribute }))
    }

    /// Creates the error for a lenient event with an attribute that a format cannot represent.
    pub(crate) fn no_form(attribute: &str, place: &'static str) -> Self {
        let attribute = truncate(attribute);
        Self(Box::new(Kind::NoForm { attribute, place }))
    }

    /// Creates the error for a lenient event with attribute names that a format cannot distinguish.
    pub(crate) fn ambiguous(attribute: &str, place: &'static str) -> Self {
        let attribute = truncate(attribute);
        Self(Box::new(Kind::Ambiguous { attribute, place }))
    }

    pub(crate) fn too_many_headers() -> Self {
        Self(Box::new(Kind::TooManyHeaders))
    }

    /// Returns the [`BuildError`] of the event, if that is the cause.
    #[must_use]
    pub fn as_build_error(&self) -> Option<&BuildError> {
        match &*self.0 {
            Kind::Build(error) => Some(error),
            _ => None,
        }
    }
}

/// Returns how an event type sets its source, if that is missing.
fn source_help(error: &BuildError) -> &'static str {
    let mut violations = error.violations().iter();
    if violations.any(|own| own.attribute() == name::SOURCE && own.value().is_none()) {
        "; an event type sets it with `#[cloudevent(source = \"..\")]`, or with `#[cloudevent(source)]` on a field"
    } else {
        ""
    }
}

impl From<BuildError> for EncodeError {
    fn from(error: BuildError) -> Self {
        Self(Box::new(Kind::Build(error)))
    }
}
