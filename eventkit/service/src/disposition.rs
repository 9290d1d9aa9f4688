//! What a service does with a message.

use std::time::Duration;

use eventkit::transport::Settlement;

/// What a service decided about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// The message is handled, or there is nothing to do for it.
    Acknowledge,
    /// The handler failed, and the event is dropped.
    Drop,
    /// The handler failed, and the event becomes a dead letter.
    DeadLetter,
    /// The message is delivered again after a delay.
    Retry(Duration),
    /// The service stops, and other processes may have the message at once.
    Release,
}

impl Disposition {
    /// Returns what the transport is told.
    pub(crate) fn settlement(self) -> Settlement {
        match self {
            Self::Acknowledge | Self::Drop => Settlement::Ack,
            Self::DeadLetter => Settlement::Terminate,
            Self::Retry(delay) => Settlement::Nack(delay),
            Self::Release => Settlement::Nack(Duration::ZERO),
        }
    }

    /// Returns whether the message is not delivered again.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Acknowledge | Self::Drop | Self::DeadLetter)
    }
}
