//! The health of a relay.

use std::time::Duration;

/// A snapshot of the health of a [`Relay`](crate::Relay).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RelayHealth {
    /// Whether this is the relay that currently publishes the events of the outbox.
    pub is_active: bool,
    /// The number of events that are due but unpublished, counted every five seconds.
    pub backlog: u64,
    /// How long the oldest of them has been due.
    pub lag: Duration,
    /// The number of events that this relay has published.
    pub published: u64,
    /// The error that currently prevents the relay from publishing an event or using the database.
    pub error: Option<String>,
    /// The most recently rejected event, with the error; it is retried every minute.
    pub rejected: Option<String>,
}

impl RelayHealth {
    /// Clears the values that only the active relay knows.
    pub(crate) fn end(&mut self) {
        self.is_active = false;
        self.backlog = 0;
        self.lag = Duration::ZERO;
    }
}
