//! Event formats: a whole event to and from bytes, found by media type.
//!
//! The [JSON format](Json) with its batches is built in; a program adds others with [`register`].

mod json;
mod registry;

use bytes::Bytes;

pub use json::{Json, LimitedJson};
pub use registry::{decode, decode_as, find, register};

use crate::error::{BuildError, DecodeError, EncodeError};
use crate::event::{Event, LenientEvent, Parsed};

/// Event format: encodes whole events into bytes, and decodes them.
///
/// It can be used as `dyn Format`. An implementation writes what
/// [`Event::attributes`](crate::Event::attributes) and [`Event::data`](crate::Event::data) return, and
/// reads it with a [`BinaryReader`](crate::binding::BinaryReader), which has the checks and the limits of
/// the built-in formats. A builder is not made for that: it gives an event without id a random one.
pub trait Format: Send + Sync + 'static {
    /// Returns the media type of one event, such as `application/cloudevents+json`.
    fn content_type(&self) -> &str;

    /// Returns the media type of a batch, or `None` where the format has no batches.
    fn batch_content_type(&self) -> Option<&str>;

    /// Writes one event.
    ///
    /// # Errors
    ///
    /// Returns an error if the format cannot hold the event.
    fn encode(&self, event: &Event) -> Result<Bytes, EncodeError>;

    /// Reads one event.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are malformed or too large, or are not one valid event.
    fn decode(&self, bytes: Bytes) -> Result<Event, DecodeError>;

    /// Writes a batch, which may be empty.
    ///
    /// # Errors
    ///
    /// Returns an error if the format has no batches or cannot hold an event.
    fn encode_batch(&self, events: &[Event]) -> Result<Bytes, EncodeError>;

    /// Reads a batch.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are malformed or too large, or any element is not a valid
    /// event: a batch is taken whole or not at all.
    fn decode_batch(&self, bytes: Bytes) -> Result<Vec<Event>, DecodeError>;

    /// Reads one event that may break the specification, and keeps the text it came in.
    ///
    /// The default implementation accepts valid events only; [`Json`] accepts any object.
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

    /// Reads a batch of events that may break the specification.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are malformed or too large, or an element is not an event at
    /// all.
    fn decode_batch_lenient(&self, bytes: Bytes) -> Result<Vec<LenientEvent>, DecodeError> {
        let events = self.decode_batch(bytes)?;
        Ok(events.into_iter().map(LenientEvent::from).collect())
    }

    /// Writes an event that may break the specification: what it was read from, where that was of
    /// this format.
    ///
    /// [`LenientEvent`] describes what becomes of others. The default implementation writes only
    /// those that are valid.
    ///
    /// # Errors
    ///
    /// Returns an error if the format cannot hold the event.
    fn encode_lenient(&self, event: &LenientEvent) -> Result<Bytes, EncodeError> {
        match event.text_in(self.content_type()) {
            Some(text) => Ok(text.clone()),
            None => self.encode(valid(event)?),
        }
    }

    /// Writes a batch of events that may break the specification.
    ///
    /// # Errors
    ///
    /// Returns an error if the format has no batches or cannot hold an event.
    fn encode_batch_lenient(&self, events: &[LenientEvent]) -> Result<Bytes, EncodeError> {
        let events = events.iter().map(|event| valid(event).cloned());
        self.encode_batch(&events.collect::<Result<Vec<Event>, _>>()?)
    }
}

/// Returns the event, or an error with its violations.
fn valid(event: &LenientEvent) -> Result<&Event, EncodeError> {
    match event.parsed() {
        Parsed::Valid(event) => Ok(event),
        Parsed::Unchecked(_) => Err(BuildError::new(event.violations().to_vec()).into()),
    }
}
