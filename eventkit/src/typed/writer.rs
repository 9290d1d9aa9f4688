//! Writers of typed values.

use serde::Serialize;

use super::Metadata;
use crate::codec::{self, DataValue, ValueRef};
use crate::error::EncodeError;
use crate::event::{Event, EventBuilder};

/// A writer of typed values as messages, without an intermediate [`Event`] if possible.
pub trait EventWriter: Sized {
    /// The message.
    type Output;

    /// Writes an event.
    ///
    /// # Errors
    ///
    /// Returns an error if the message cannot represent the event.
    fn write_event(self, event: &Event) -> Result<Self::Output, EncodeError>;

    /// Writes an event with data, which is encoded by the content type of the attributes.
    ///
    /// # Errors
    ///
    /// Returns an error if the data cannot be encoded, or if an attribute is missing or invalid.
    fn write<D: Serialize + ?Sized>(
        self,
        attributes: ValueAttributes,
        data: &D,
    ) -> Result<Self::Output, EncodeError> {
        self.write_value(attributes, &ValueRef(data))
    }

    /// Writes an event with data. Takes a trait object, so that it is compiled only once.
    ///
    /// # Errors
    ///
    /// Returns an error if [`write`](EventWriter::write) does.
    fn write_value(
        self,
        attributes: ValueAttributes,
        data: &dyn DataValue,
    ) -> Result<Self::Output, EncodeError>;
}

/// The attributes of a typed value that is being written.
#[derive(Debug)]
pub enum ValueAttributes {
    /// Only the attributes of its type, an id and a time.
    Fixed(&'static Metadata),
    /// Any attributes.
    Built(EventBuilder),
}

impl ValueAttributes {
    /// Returns the start of a JSON event with these attributes, up to the value of its id.
    pub(crate) fn json_head(&self) -> Option<&'static str> {
        match self {
            Self::Fixed(metadata) => metadata.json_head,
            Self::Built(_) => None,
        }
    }

    /// Returns a builder with the attributes, but without data.
    pub(crate) fn into_builder(self) -> EventBuilder {
        match self {
            Self::Fixed(metadata) => metadata.builder_without_data(),
            Self::Built(builder) => builder,
        }
    }
}

/// A writer of event builders.
#[derive(Debug)]
pub struct BuilderWriter;

impl EventWriter for BuilderWriter {
    type Output = EventBuilder;

    fn write_event(self, event: &Event) -> Result<EventBuilder, EncodeError> {
        Ok(event.to_builder())
    }

    fn write_value(
        self,
        attributes: ValueAttributes,
        data: &dyn DataValue,
    ) -> Result<EventBuilder, EncodeError> {
        let builder = attributes.into_builder();
        let data = codec::encode_value(data, builder.data_content_type_or_json())?;
        Ok(builder.data(data))
    }
}
