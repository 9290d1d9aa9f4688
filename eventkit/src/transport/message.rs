//! Messages as a transport delivers them.

use std::sync::Arc;

use bytes::Bytes;

use super::{AckHandle, Acknowledger, ReservedMessage};
use crate::error::DecodeError;
use crate::event::Event;

/// A message on its way to a handler.
#[derive(Debug)]
#[non_exhaustive]
pub struct Incoming {
    /// The event, or a message that is not one; boxed, since events are moved far more often.
    ///
    /// It does not matter whether the message was published as an event or
    /// [raw](super::Publisher::publish_raw): one with a structured event is decoded by its content
    /// type, as [`format::decode`](crate::format::decode) does.
    pub event: Result<Event, Box<InvalidMessage>>,
    /// What the transport knows about the message.
    pub metadata: MessageMetadata,
    /// The handle that settles the message.
    pub handle: AckHandle,
    /// The event type and the headers of a message that was published
    /// [raw](super::Publisher::publish_raw) to a [reserved](super::is_reserved) event type; `None`
    /// for all other messages, whatever their attributes and headers are.
    pub reserved: Option<Box<ReservedMessage>>,
}

impl Incoming {
    /// Creates a message, which `acknowledger` settles by its metadata.
    #[must_use]
    pub fn new(
        event: Result<Event, Box<InvalidMessage>>,
        metadata: MessageMetadata,
        acknowledger: Arc<dyn Acknowledger>,
    ) -> Self {
        Self {
            event,
            metadata,
            handle: AckHandle::new(acknowledger, metadata),
            reserved: None,
        }
    }

    /// Sets the event type and the headers of a message that was published to a reserved event type.
    #[must_use]
    pub fn with_reserved(mut self, reserved: ReservedMessage) -> Self {
        self.reserved = Some(Box::new(reserved));
        self
    }
}

/// What a transport knows about a message beside the event.
///
/// ```
/// use eventkit::transport::MessageMetadata;
///
/// let metadata = MessageMetadata::new(1).with_position(42);
/// assert_eq!((metadata.delivery_count, metadata.position), (1, Some(42)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageMetadata {
    /// How often the message was delivered to consumers of the subscription, this time included.
    ///
    /// It grows with each delivery, across processes and lost connections: a service tells by it which
    /// messages were in hand when a process ended. A transport whose broker does not count counts itself.
    pub delivery_count: u32,
    /// The position in the order of the transport, if it has one.
    ///
    /// It is the same at each delivery, that of no other message of the subscription, and greater for a
    /// message that was published later with the same ordering key. A transport with partitions, each of
    /// which counts its own messages, puts the number of the partition above that of the message.
    pub position: Option<u64>,
}

impl MessageMetadata {
    /// Creates metadata of a message that was delivered this often, counted from 1.
    #[must_use]
    pub fn new(delivery_count: u32) -> Self {
        Self {
            delivery_count,
            position: None,
        }
    }

    /// Sets the position.
    #[must_use]
    pub fn with_position(mut self, position: u64) -> Self {
        self.position = Some(position);
        self
    }
}

/// A message that is not an event.
///
/// ```
/// use eventkit::format::{Format, Json};
/// use eventkit::transport::{InvalidMessage, RawMessage};
///
/// let body = "{";
/// let message = RawMessage::new(vec![], body);
/// if let Err(error) = Json.decode(body.into()) {
///     let invalid = InvalidMessage::new(error, message);
///     assert_eq!(invalid.message.body, "{");
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct InvalidMessage {
    /// Why the message could not be decoded.
    pub error: DecodeError,
    /// The message as it was received.
    pub message: RawMessage,
}

impl InvalidMessage {
    /// Creates it from the error and the message as it was received.
    #[must_use]
    pub fn new(error: DecodeError, message: RawMessage) -> Self {
        Self { error, message }
    }
}

/// A message of a transport, undecoded.
///
/// ```
/// use eventkit::transport::RawMessage;
///
/// let headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
/// let message = RawMessage::new(headers, "hello").with_id(Some("1".to_owned()));
/// assert_eq!(message.body, "hello");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawMessage {
    /// The id under which it is published: a transport that detects duplicates stores one message of
    /// each id. A received message has none.
    pub id: Option<String>,
    /// The headers, in order; a name may occur more than once.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl RawMessage {
    /// Creates a message without an id.
    pub fn new(headers: Vec<(String, String)>, body: impl Into<Bytes>) -> Self {
        Self {
            id: None,
            headers,
            body: body.into(),
        }
    }

    /// Sets the id.
    #[must_use]
    pub fn with_id(mut self, id: Option<String>) -> Self {
        self.id = id;
        self
    }
}
