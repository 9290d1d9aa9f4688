//! Event formats, which encode whole events as bytes and decode them; found by media type.
//!
//! The [JSON format](Json) is built in, including batches; a program adds others with [`register`].
//! The crate [`eventkit-formats`](https://docs.rs/eventkit-formats) has Protobuf, Avro and XML.

mod json;
mod registry;

use std::sync::Arc;

use bytes::Bytes;

pub use json::{Json, LimitedJson};
pub use registry::{decode, decode_as, find, register};

use crate::error::{BuildError, DecodeError, EncodeError};
use crate::event::{Event, LenientEvent, Limits, Parsed};

/// An event format, which encodes whole events as bytes and decodes them.
///
/// The trait is object-safe. An implementation encodes what
/// [`Event::attributes`](crate::Event::attributes) and [`Event::data`](crate::Event::data) return.
/// It decodes with a [`BinaryReader`](crate::binding::BinaryReader), which applies the checks and
/// limits of the built-in formats. A builder is not suitable for decoding, because it generates a
/// missing id.
pub trait Format: Send + Sync + 'static {
    /// Returns the media type of one event, such as `application/cloudevents+json`.
    fn content_type(&self) -> &str;

    /// Returns the media type of a batch, or `None` if the format does not support batches.
    fn batch_content_type(&self) -> Option<&str>;

    /// Returns this format with the limits of a binding, or `None` if it has limits of its own.
    ///
    /// [`find`] calls it. The default implementation returns `None`.
    fn limited_by(&self, limits: Limits) -> Option<Arc<dyn Format>> {
        let _ = limits;
        None
    }

    /// Encodes one event.
    ///
    /// # Errors
    ///
    /// Returns an error if the format cannot represent the event.
    fn encode(&self, event: &Event) -> Result<Bytes, EncodeError>;

    /// Decodes one event.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are malformed or too large, or are not one valid event.
    fn decode(&self, bytes: Bytes) -> Result<Event, DecodeError>;

    /// Encodes a batch, which may be empty.
    ///
    /// # Errors
    ///
    /// Returns an error if the format does not support batches, or cannot represent an event.
    fn encode_batch(&self, events: &[Event]) -> Result<Bytes, EncodeError>;

    /// Decodes a batch.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are malformed or too large, or if any element is not a valid
    /// event: a batch is accepted as a whole or not at all.
    fn decode_batch(&self, bytes: Bytes) -> Result<Vec<Event>, DecodeError>;

    /// Decodes one event that may violate the specification, and keeps its original text.
    ///
    /// The default implementation accepts only valid events; [`Json`] accepts any object.
    ///
    /// ```
    /// use eventkit::format::{Format, Json};
    ///
    /// let text = r#"{"specversion":"0.3","id":"","source":"/s","type":"t","Region":"eu"}"#;
    /// let event = Json.decode_lenient(text.into())?;
    /// let wrong: Vec<&str> = event.violations().iter().map(|wrong| wrong.attribute()).collect();
    /// assert_eq!(wrong, ["specversion", "id", "Region"]);
    /// assert_eq!(event.attribute("Region").as_deref(), Some("eu"));
    /// assert_eq!(Json.encode_lenient(&event)?, text);
    /// assert!(event.into_event().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are malformed or too large.
    fn decode_lenient(&self, bytes: Bytes) -> Result<LenientEvent, DecodeError> {
        let event = LenientEvent::from(self.decode(bytes.clone())?);
        Ok(event.with_text(self.content_type(), bytes))
    }

    /// Decodes a batch of events that may violate the specification.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are malformed or too large, or if an element is not an event
    /// at all.
    fn decode_batch_lenient(&self, bytes: Bytes) -> Result<Vec<LenientEvent>, DecodeError> {
        let events = self.decode_batch(bytes)?;
        Ok(events.into_iter().map(LenientEvent::from).collect())
    }

    /// Encodes an event that may violate the specification: as its original text, if that is in
    /// this format.
    ///
    /// [`LenientEvent`] describes how other events are encoded. The default implementation encodes
    /// only valid events.
    ///
    /// # Errors
    ///
    /// Returns an error if the format cannot represent the event.
    fn encode_lenient(&self, event: &LenientEvent) -> Result<Bytes, EncodeError> {
        match event.text_in(self.content_type()) {
            Some(text) => Ok(text.clone()),
            None => self.encode(valid(event)?),
        }
    }

    /// Encodes a batch of events that may violate the specification.
    ///
    /// # Errors
    ///
    /// Returns an error if the format does not support batches, or cannot represent an event.
    fn encode_batch_lenient(&self, events: &[LenientEvent]) -> Result<Bytes, EncodeError> {
        let events = events.iter().map(|event| valid(event).cloned());
        self.encode_batch(&events.collect::<Result<Vec<Event>, _>>()?)
    }
}

/// Returns the event if it is valid, or an error with its violations.
fn valid(event: &LenientEvent) -> Result<&Event, EncodeError> {
    match event.parsed() {
        Parsed::Valid(event) => Ok(event),
        Parsed::Unchecked(_) => Err(BuildError::new(event.violations().to_vec()).into()),
    }
}
