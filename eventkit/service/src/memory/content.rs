//! The content of a stored message.

use std::sync::Arc;

use eventkit::event::Event;
use eventkit::transport::RawMessage;

/// The content of a message.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Event(Event),
    Raw(Arc<RawContent>),
}

/// A message that was published as it is.
#[derive(Debug)]
pub(super) struct RawContent {
    /// The event type that the message was published to.
    pub(super) ty: String,
    pub(super) message: RawMessage,
}

impl Content {
    /// Returns the event type that the message was published to.
    pub(super) fn ty(&self) -> &str {
        match self {
            Self::Event(event) => event.ty(),
            Self::Raw(raw) => &raw.ty,
        }
    }
}
