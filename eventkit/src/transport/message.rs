//! What comes out of a transport.

use std::sync::Arc;

use bytes::Bytes;

use super::{Settle, Settler};
use crate::error::DecodeError;
use crate::event::Event;

/// Is one message on its way to a handler.
#[derive(Debug)]
#[non_exhaustive]
pub struct Incoming {
    /// The event, or what came in its place; in a box, since events are moved about more often.
    pub event: Result<Event, Box<Undecodable>>,
    /// What the transport knows of it.
    pub info: MessageInfo,
    /// The means to settle it.
    pub settle: Settler,
}

impl Incoming {
    /// Makes a message; what settles it is told of which one by `info`.
    #[must_use]
    pub fn new(
        event: Result<Event, Box<Undecodable>>,
        info: MessageInfo,
        settle: Arc<dyn Settle>,
    ) -> Self {
        Self {
            event,
            info,
            settle: Settler::new(settle, info),
        }
    }
}

/// Says what a transport knows of a message beside the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageInfo {
    /// How often it has been given to a consumer of the subscription, this time included: 1 at
    /// first.
    pub attempt: u32,
    /// Where it stands in the order of the transport, where that has one.
    pub position: Option<u64>,
}

impl MessageInfo {
    /// Makes it of an attempt, counted from 1.
    #[must_use]
    pub fn attempt(attempt: u32) -> Self {
        Self {
            attempt,
            position: None,
        }
    }

    /// Sets where the message stands.
    #[must_use]
    pub fn at(mut self, position: u64) -> Self {
        self.position = Some(position);
        self
    }
}

/// Is a message that is no event.
#[derive(Debug)]
#[non_exhaustive]
pub struct Undecodable {
    /// What is wrong with it.
    pub error: DecodeError,
    /// The message as it came.
    pub message: RawMessage,
}

impl Undecodable {
    /// Makes it of an error and the message as it came.
    #[must_use]
    pub fn new(error: DecodeError, message: RawMessage) -> Self {
        Self { error, message }
    }
}

/// Is a message of a transport, without a look at what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawMessage {
    /// Under which name it is published: a transport that finds duplicates stores two of one id once.
    /// A message that comes has none.
    pub id: Option<String>,
    /// The headers, in their order; a name may come more than once.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl RawMessage {
    /// Makes a message.
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
