//! The metadata of an event type, which the derive macro knows at compile time.

use std::borrow::Cow;

use super::EventReader;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::event::{AttributeRef, EventBuilder, EventParts, name};

/// The attributes that all events of a type have in common.
///
/// Every string in it is a literal that the derive macro has checked.
#[derive(Debug, Clone, Copy)]
pub struct Metadata {
    /// The event type.
    pub ty: &'static str,
    /// The source, if it is fixed.
    pub source: Option<&'static str>,
    /// The subject, if it is fixed.
    pub subject: Option<&'static str>,
    /// The media type of the data.
    pub data_content_type: &'static str,
    /// The URI of the schema of the data.
    pub data_schema: Option<&'static str>,
    /// The extension attributes: Booleans, Integers and strings.
    pub extensions: &'static [(&'static str, AttributeRef<'static>)],
    /// The start of a JSON event with these attributes, up to the value of its id. `None` if a
    /// field or function sets an attribute, the source is not fixed, or the data is not JSON.
    pub json_head: Option<&'static str>,
}

impl Metadata {
    /// Returns a builder for an event without data.
    pub fn builder(&self) -> EventBuilder {
        let extensions = self.extensions.iter();
        let mut parts = EventParts {
            extensions: extensions
                .map(|(name, value)| (Cow::Borrowed(*name), (*value).into()))
                .collect(),
            ..EventParts::default()
        };
        let texts = [
            (name::TYPE_AT, Some(self.ty)),
            (name::SOURCE_AT, self.source),
            (name::SUBJECT_AT, self.subject),
            (name::DATASCHEMA_AT, self.data_schema),
        ];
        for (at, text) in texts {
            parts.core[at] = text.map(Cow::Borrowed);
        }
        EventBuilder::from_parts(parts)
    }

    /// Returns a builder for an event with a content type for its data, but without the data.
    pub fn builder_without_data(&self) -> EventBuilder {
        let mut builder = self.builder();
        let content_type = Cow::Borrowed(self.data_content_type);
        builder.parts.core[name::DATACONTENTTYPE_AT] = Some(content_type);
        builder
    }
}

/// Returns the position of the event's type among the types of an enum, or their number if it is
/// not among them.
///
/// # Errors
///
/// Returns an error if the message is malformed or has no type.
pub fn position_or_other(
    source: &mut dyn EventReader,
    types: &[&'static str],
) -> Result<usize, DecodeError> {
    let ty = source.event_type()?;
    let found = types.iter().position(|own| *own == ty);
    Ok(found.unwrap_or(types.len()))
}

/// Returns the position of the event's type among the types of an enum.
///
/// # Errors
///
/// Returns an error if it is not among them, or if the message is malformed or not a valid event.
pub fn position(
    source: &mut dyn EventReader,
    types: &[&'static str],
) -> Result<usize, DecodeError> {
    let ty = source.event_type()?;
    if let Some(found) = types.iter().position(|own| *own == ty) {
        return Ok(found);
    }
    let ty = ty.into_owned();
    // Other violations of the message take precedence, as for an event of one type.
    match source.read_attributes(types.first().copied().unwrap_or_default()) {
        Err(error) if error.kind() != DecodeErrorKind::UnexpectedType => Err(error),
        _ => Err(DecodeError::unexpected_type(&ty, types)),
    }
}
