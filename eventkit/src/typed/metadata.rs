//! What the derive knows of an event type when it compiles.

use std::borrow::Cow;

use super::EventReader;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::event::{AttributeRef, EventBuilder, EventParts, name};

/// The attributes that are the same for all events of a type.
///
/// Every text in it is a literal that the derive has checked.
#[derive(Debug, Clone, Copy)]
pub struct Metadata {
    /// The event type.
    pub ty: &'static str,
    /// The source, where it is fixed.
    pub source: Option<&'static str>,
    /// The subject, where it is fixed.
    pub subject: Option<&'static str>,
    /// The media type of the data.
    pub data_content_type: &'static str,
    /// The URI of the schema of the data.
    pub data_schema: Option<&'static str>,
    /// Extension attributes, each a Boolean, an Integer or text.
    pub extensions: &'static [(&'static str, AttributeRef<'static>)],
    /// These as the start of a JSON event, up to the value of its id, if no field or function gives an
    /// attribute, the source is fixed, and the data is JSON.
    pub json_head: Option<&'static str>,
}

impl Metadata {
    /// Starts an event without data.
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

    /// Starts an event that has the content type of its data, but not the data.
    pub fn builder_without_data(&self) -> EventBuilder {
        let mut builder = self.builder();
        let content_type = Cow::Borrowed(self.data_content_type);
        builder.parts.core[name::DATACONTENTTYPE_AT] = Some(content_type);
        builder
    }
}

/// Returns which of the types of an enum the event is of, or their number if it is of another.
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

/// Returns which of the types of an enum the event is of.
///
/// # Errors
///
/// Returns an error if it is of none of them, or the message is malformed or no valid event.
pub fn position(
    source: &mut dyn EventReader,
    types: &[&'static str],
) -> Result<usize, DecodeError> {
    let ty = source.event_type()?;
    if let Some(found) = types.iter().position(|own| *own == ty) {
        return Ok(found);
    }
    let ty = ty.into_owned();
    // Whatever else is wrong with the message comes first, as where one type is expected.
    match source.read_attributes(types.first().copied().unwrap_or_default()) {
        Err(error) if error.kind() != DecodeErrorKind::UnexpectedType => Err(error),
        _ => Err(DecodeError::unexpected_type(&ty, types)),
    }
}
