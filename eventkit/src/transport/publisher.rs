//! The sending side of a transport.

use super::{BoxFuture, RawMessage, TransportError};
use crate::event::Event;

/// Is implemented by what events can be published to.
pub trait Publisher: Send + Sync {
    /// Publishes an event, and returns when it is stored.
    ///
    /// Two events of the same source and id are one event (core spec 3.1.1): a transport that can
    /// tell stores the second one not, and says so.
    ///
    /// # Errors
    ///
    /// Where the other side did not confirm; the event may be stored or not.
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, TransportError>>;

    /// Publishes a message as it came, for instance one that was no event, to a place named by an
    /// event type.
    ///
    /// Two messages of one [id](RawMessage::id) are one, as two events of one source and id are.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Publisher::publish).
    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>>;
}

/// Says what became of a published event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Published {
    /// Where it stands in the order of the transport, where that has one.
    pub position: Option<u64>,
    /// Whether the transport had it already, and did not store it again.
    pub duplicate: bool,
}

impl Published {
    /// Makes it of a position.
    #[must_use]
    pub fn at(position: u64) -> Self {
        Self {
            position: Some(position),
            duplicate: false,
        }
    }

    /// Says whether the transport had the event already.
    #[must_use]
    pub fn duplicate(mut self, duplicate: bool) -> Self {
        self.duplicate = duplicate;
        self
    }
}
