//! The error of turning a value into an event, or an event into bytes.

use thiserror::Error;

use super::BoxError;
use super::excerpt::truncate;
use super::violation::BuildError;
use crate::event::name;

/// The error of a value that does not become an event, or of an event that does not become a
/// message.
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
    #[error("the event format `{format}` has no batches")]
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
    #[error("the attribute `{attribute}` would be taken for another one of that name in {place}")]
    Ambiguous {
        attribute: String,
        place: &'static str,
    },
    #[error("the event has more attributes than fit into headers")]
    TooManyHeaders,
}

impl EncodeError {
    /// Creates the error of a payload that its codec refused.
    pub fn data(error: impl Into<BoxError>) -> Self {
        Self(Box::new(Kind::Data(error.into())))
    }

    /// Creates the error of an [event format](crate::format::Format) that cannot write an event.
    pub fn format(error: impl Into<BoxError>) -> Self {
        Self(Box::new(Kind::Format(error.into())))
    }

    /// Creates the error of an event format that has no batch mode.
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

    /// Creates the error of a lenient event with an attribute that a format cannot write.
    pub(crate) fn no_form(attribute: &str, place: &'static str) -> Self {
        let attribute = truncate(attribute);
        Self(Box::new(Kind::NoForm { attribute, place }))
    }

    /// Creates the error of a lenient event with names of attributes that a format does not tell
    /// apart.
    pub(crate) fn ambiguous(attribute: &str, place: &'static str) -> Self {
        let attribute = truncate(attribute);
        Self(Box::new(Kind::Ambiguous { attribute, place }))
    }

    pub(crate) fn too_many_headers() -> Self {
        Self(Box::new(Kind::TooManyHeaders))
    }

    /// Returns what is wrong with the event itself, where that is why.
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
