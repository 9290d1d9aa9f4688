//! Event formats: a whole event to and from bytes, found by media type.
//!
//! The [JSON format](Json) with its batches is built in; a program adds others with [`register`].

mod json;
mod registry;

use bytes::Bytes;

pub use json::{Json, LimitedJson};
pub use registry::register;
pub(crate) use registry::{is_json, lookup};

use crate::error::{DecodeError, EncodeError};
use crate::event::Event;

/// Turns whole events into bytes and back.
///
/// It can be used as `dyn Format`. Implementations pass the same checks as the built-in one when
/// they make events through [`Event::builder`].
pub trait Format: Send + Sync + 'static {
    /// Returns the media type of one event, such as `application/cloudevents+json`.
    fn content_type(&self) -> &str;

    /// Returns the media type of a batch, or `None` where the format has no batches.
    fn batch_content_type(&self) -> Option<&str>;

    /// Writes one event.
    ///
    /// # Errors
    ///
    /// Where the format cannot hold the event.
    fn encode(&self, event: &Event) -> Result<Bytes, EncodeError>;

    /// Reads one event.
    ///
    /// # Errors
    ///
    /// Where the bytes are malformed or too large, or are not one valid event.
    fn decode(&self, bytes: Bytes) -> Result<Event, DecodeError>;

    /// Writes a batch, which may be empty.
    ///
    /// # Errors
    ///
    /// Where the format has no batches or cannot hold an event.
    fn encode_batch(&self, events: &[Event]) -> Result<Bytes, EncodeError>;

    /// Reads a batch.
    ///
    /// # Errors
    ///
    /// Where the bytes are malformed or too large, or any element is not a valid event: a batch is taken whole
    /// or not at all.
    fn decode_batch(&self, bytes: Bytes) -> Result<Vec<Event>, DecodeError>;
}
