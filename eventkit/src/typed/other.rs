//! The variant of an enum for the events of all other types.

use std::any::Any;

use super::{EventReader, EventWriter, SharedError, SharedEvent};
use crate::error::{DecodeError, EncodeError};
use crate::event::{Event, EventBuilder};

/// The content of a variant with `#[cloudevent(other)]`, with the methods of
/// [`CloudEvent`](super::CloudEvent) that the derive macro calls.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot contain the events of all other types",
    label = "not `Event`",
    note = "a variant with `#[cloudevent(other)]` must contain an `eventkit::Event` or a `Box<eventkit::Event>`"
)]
pub trait OtherEvent: Sized {
    /// Returns the event type.
    fn event_type(&self) -> &str;

    /// Returns the envelope.
    fn payload(&self) -> &(dyn Any + Send + Sync);

    /// Returns a builder with all attributes and the data of the event.
    ///
    /// # Errors
    ///
    /// Never returns an error. The signature matches [`CloudEvent`](super::CloudEvent).
    fn event_builder(&self) -> Result<EventBuilder, EncodeError>;

    /// Returns a builder with the attributes of the event.
    ///
    /// # Errors
    ///
    /// Never returns an error. The signature matches [`CloudEvent`](super::CloudEvent).
    fn attribute_builder(&self) -> Result<EventBuilder, EncodeError>;

    /// Returns the event.
    ///
    /// # Errors
    ///
    /// Never returns an error. The signature matches [`CloudEvent`](super::CloudEvent).
    fn to_event(&self) -> Result<Event, EncodeError>;

    /// Writes the event as a message.
    ///
    /// # Errors
    ///
    /// Returns an error if the message cannot represent the event.
    fn write_to<W: EventWriter>(&self, writer: W) -> Result<W::Output, EncodeError>;

    /// Reads the event.
    ///
    /// # Errors
    ///
    /// Returns an error if the message is not a valid event.
    fn from_reader(reader: &mut dyn EventReader) -> Result<Self, DecodeError>;

    /// Returns a new value of an event that others share.
    ///
    /// # Errors
    ///
    /// Returns an error if the event has no envelope.
    fn from_shared(event: &dyn SharedEvent) -> Result<Self, SharedError>;
}

impl OtherEvent for Event {
    fn event_type(&self) -> &str {
        self.ty()
    }

    fn payload(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn event_builder(&self) -> Result<EventBuilder, EncodeError> {
        Ok(self.to_builder())
    }

    fn attribute_builder(&self) -> Result<EventBuilder, EncodeError> {
        Ok(self.to_builder())
    }

    fn to_event(&self) -> Result<Event, EncodeError> {
        Ok(self.clone())
    }

    fn write_to<W: EventWriter>(&self, writer: W) -> Result<W::Output, EncodeError> {
        writer.write_event(self)
    }

    fn from_reader(reader: &mut dyn EventReader) -> Result<Self, DecodeError> {
        reader.read_event()
    }

    fn from_shared(event: &dyn SharedEvent) -> Result<Self, SharedError> {
        Ok(event.decodable()?.clone())
    }
}
