//! Writers of typed values.

use serde::Serialize;

use super::Metadata;
use crate::codec::{self, DataValue, ValueRef};
use crate::error::EncodeError;
use crate::event::{Event, EventBuilder};

/// Writer of the event of a typed value, without an [`Event`] in between where possible.
pub trait EventWriter: Sized {
    /// The message that is written.
    type Output;

    /// Writes an event.
    ///
    /// # Errors
    ///
    /// Returns an error if the message cannot hold it.
    fn write_event(self, event: &Event) -> Result<Self::Output, EncodeError>;

    /// Writes an event with data, which is encoded by the content type of the attributes.
    ///
    /// # Errors
    ///
    /// Returns an error if the data cannot be encoded, or an attribute is missing or not valid.
    fn write<D: Serialize + ?Sized>(
        self,
        attributes: ValueAttributes,
        data: &D,
    ) -> Result<Self::Output, EncodeError> {
        self.write_value(attributes, &ValueRef(data))
    }

    /// Writes an event with data of any type; it is compiled once, and not for each type.
    ///
    /// # Errors
    ///
    /// Returns an error as [`write`](EventWriter::write) does.
    fn write_value(
        self,
        attributes: ValueAttributes,
        data: &dyn DataValue,
    ) -> Result<Self::Output, EncodeError>;
}

/// The attributes of a typed value that is written.
#[derive(Debug)]
pub enum ValueAttributes {
    /// Those of its type, an id and a time, and no others.
    Fixed(&'static Metadata),
    /// Any others.
    Built(EventBuilder),
}

impl ValueAttributes {
    /// Returns the start of a JSON event that they are, up to the value of its id.
    pub(crate) fn json_head(&self) -> Option<&'static str> {
        match self {
            Self::Fixed(metadata) => metadata.json_head,
            Self::Built(_) => None,
        }
    }

    /// Starts an event that has the attributes, but not the data.
    pub(crate) fn into_builder(self) -> EventBuilder {
        match self {
            Self::Fixed(metadata) => metadata.builder_without_data(),
            Self::Built(builder) => builder,
        }
    }
}

/// Writer of an event builder.
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
