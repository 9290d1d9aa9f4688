//! The acknowledgement of messages.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use super::{BoxFuture, MessageMetadata, TransportError};

/// The settlement of a message, as a transport receives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// The message was handled, and is not delivered again.
    Ack,
    /// The message cannot be handled, and is not delivered again.
    Terminate,
    /// The message is returned, to be delivered again after a delay.
    Nack(Duration),
}

/// Settles the messages of a consumer.
///
/// One acknowledger may serve all messages of a consumer, which costs no allocation for each, or one
/// message only. A message that is never settled is delivered again. What has to happen when a
/// message is dropped unsettled belongs in the [`Drop`] of an acknowledger of its own.
pub trait Acknowledger: Debug + Send + Sync {
    /// Settles the message with this metadata.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm. The message may then be delivered again, and
    /// one that was to return after a delay may return after `ack_wait` instead.
    fn settle(
        self: Arc<Self>,
        message: MessageMetadata,
        settlement: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>>;

    /// Extends the time in which the message has to be settled by `ack_wait`, counted from now.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker could not be told.
    fn in_progress(&self, message: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>>;
}

/// A handle that settles one message, once.
///
/// Dropping it leaves the message unsettled: the transport delivers it again.
#[derive(Debug)]
pub struct AckHandle {
    acknowledger: Arc<dyn Acknowledger>,
    message: MessageMetadata,
}

impl AckHandle {
    /// Creates a handle for the message with this metadata.
    #[must_use]
    pub fn new(acknowledger: Arc<dyn Acknowledger>, message: MessageMetadata) -> Self {
        Self {
            acknowledger,
            message,
        }
    }

    /// Settles the message.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm. The message may then be delivered again, and
    /// one that was to return after a delay may return after `ack_wait` instead.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn settle(self, settlement: Settlement) -> BoxFuture<'static, Result<(), TransportError>> {
        self.acknowledger.settle(self.message, settlement)
    }

    /// Acknowledges the message: it is not delivered again.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm; the message may then be delivered again.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn ack(self) -> BoxFuture<'static, Result<(), TransportError>> {
        self.settle(Settlement::Ack)
    }

    /// Settles a message that cannot be handled: it is not delivered again.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm; the message may then be delivered again.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn terminate(self) -> BoxFuture<'static, Result<(), TransportError>> {
        self.settle(Settlement::Terminate)
    }

    /// Returns the message to the transport, which delivers it again after a delay.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker could not be told; the message is delivered again after
    /// `ack_wait`.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn nack(self, delay: Duration) -> BoxFuture<'static, Result<(), TransportError>> {
        self.settle(Settlement::Nack(delay))
    }

    /// Extends the time in which the message has to be settled by `ack_wait`, counted from now.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker could not be told.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn in_progress(&self) -> BoxFuture<'_, Result<(), TransportError>> {
        self.acknowledger.in_progress(self.message)
    }
}
