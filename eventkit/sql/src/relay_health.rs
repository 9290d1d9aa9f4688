//! The health of a relay.

use std::time::Duration;

/// The health of a [`Relay`](crate::Relay) at one moment.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RelayHealth {
    /// Whether this relay publishes, and not another one of the same outbox.
    pub is_active: bool,
    /// The number of events that are due and not published, counted every five seconds.
    pub backlog: u64,
    /// The time for which the first of them has been due.
    pub lag: Duration,
    /// The number of events that this relay has published.
    pub published: u64,
    /// The error for which an event cannot be published at present, or the database not be used.
    pub error: Option<String>,
    /// The last event that the publisher rejected, with the error; it is tried again every minute.
    pub rejected: Option<String>,
}

impl RelayHealth {
    /// Forgets what only the active relay knows.
    pub(crate) fn end(&mut self) {
        self.is_active = false;
        self.backlog = 0;
        self.lag = Duration::ZERO;
    }
}
