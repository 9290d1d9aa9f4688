//! Where a typed value is written to.

use serde::Serialize;

use super::Metadata;
use crate::codec;
use crate::error::EncodeError;
use crate::event::{Event, EventBuilder, JSON};

/// Is a message to be made of a typed value, without an [`Event`] in between where that can be.
pub trait EventSink: Sized {
    /// The message.
    type Output;

    /// Takes an event.
    ///
    /// # Errors
    ///
    /// Where the message cannot hold it.
    fn event(self, event: &Event) -> Result<Self::Output, EncodeError>;

    /// Takes data whose event has no attributes but the ones of its type, an id and a time.
    ///
    /// # Errors
    ///
    /// Where the data cannot be encoded, or the type does not give the source.
    fn fixed<D: Serialize + ?Sized>(
        self,
        metadata: &Metadata,
        data: &D,
    ) -> Result<Self::Output, EncodeError> {
        let event = metadata.builder_with(data)?.build()?;
        self.event(&event)
    }

    /// Takes data as [`fixed`](EventSink::fixed) does, where the source is fixed and the data is JSON
    /// for sure: then no other codec has to be compiled for the type.
    ///
    /// `head` is all that is fixed as the start of a JSON event, up to the value of its id.
    ///
    /// # Errors
    ///
    /// Where the data cannot be encoded.
    fn json<D: Serialize + ?Sized>(
        self,
        metadata: &Metadata,
        head: &'static str,
        data: &D,
    ) -> Result<Self::Output, EncodeError>;

    /// Takes attributes, with the content type of the data, and the data.
    ///
    /// # Errors
    ///
    /// Where the data cannot be encoded, or an attribute is not valid.
    fn built<D: Serialize + ?Sized>(
        self,
        attributes: EventBuilder,
        data: &D,
    ) -> Result<Self::Output, EncodeError>;
}

/// Makes the builder of an event of a typed value.
#[derive(Debug)]
pub struct IntoBuilder;

impl EventSink for IntoBuilder {
    type Output = EventBuilder;

    fn event(self, event: &Event) -> Result<EventBuilder, EncodeError> {
        Ok(event.to_builder())
    }

    fn fixed<D: Serialize + ?Sized>(
        self,
        metadata: &Metadata,
        data: &D,
    ) -> Result<EventBuilder, EncodeError> {
        metadata.builder_with(data)
    }

    fn json<D: Serialize + ?Sized>(
        self,
        metadata: &Metadata,
        _head: &'static str,
        data: &D,
    ) -> Result<EventBuilder, EncodeError> {
        metadata.builder_of(codec::encode_json(data))
    }

    fn built<D: Serialize + ?Sized>(
        self,
        attributes: EventBuilder,
        data: &D,
    ) -> Result<EventBuilder, EncodeError> {
        let content_type = attributes.parts.datacontenttype.as_deref();
        let data = codec::encode(data, content_type.unwrap_or(JSON))?;
        Ok(attributes.data(data))
    }
}
