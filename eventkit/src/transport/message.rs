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
    /// The event, or the message that could not be decoded; boxed, because it is rare and large.
    ///
    /// A message with an event is delivered as that event, even if it was published
    /// [raw](super::Publisher::publish_raw): a structured one is decoded by its content type, as
    /// [`format::decode`](crate::format::decode) does.
    pub event: Result<Event, Box<InvalidMessage>>,
    /// The transport's metadata of the message.
    pub metadata: MessageMetadata,
    /// The handle that settles the message.
    pub handle: AckHandle,
    /// The event type and headers of a message that was published [raw](super::Publisher::publish_raw)
    /// to a [reserved](super::is_reserved) event type; `None` for all other messages, whatever their
    /// attributes and headers are.
    pub reserved: Option<Box<ReservedMessage>>,
}

impl Incoming {
    /// Creates a message that is settled with `acknowledger`.
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

    /// Sets the event type and headers of a message that was published to a reserved event type.
    #[must_use]
    pub fn with_reserved(mut self, reserved: ReservedMessage) -> Self {
        self.reserved = Some(Box::new(reserved));
        self
    }
}

/// The transport's metadata of a message.
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
    /// How often the message was delivered to consumers of the subscription, including this time.
    ///
    /// The count grows with each delivery, across processes and lost connections. From it, a
    /// service can tell which messages were being handled when a process died. If its broker does
    /// not count deliveries, the transport must count them itself.
    pub delivery_count: u32,
    /// The position in the order of the transport, if it has one.
    ///
    /// The position is the same at each delivery, unique within the subscription, and greater for a
    /// message that was published later with the same ordering key. In a transport whose partitions
    /// number their messages separately, the upper bits contain the number of the partition.
    pub position: Option<u64>,
}

impl MessageMetadata {
    /// Creates metadata of a message with this delivery count; the first delivery is 1.
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
    /// Creates an invalid message from the decoding error and the message as it was received.
    #[must_use]
    pub fn new(error: DecodeError, message: RawMessage) -> Self {
        Self { error, message }
    }
}

/// A message in the form of a transport: headers and a body that are not decoded.
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
    /// The message id: a transport that detects duplicates stores only one message of each id. A
    /// received message has none.
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
