//! The state of a subscription, and the last error.

use std::error::Error;
use std::fmt;

use serde::Serialize;

use eventkit::event::Timestamp;
use eventkit::transport::with_causes;

/// An error, and the time at which it occurred.
///
/// [`NotReadyReason`](crate::NotReadyReason) has an example of why a subscription is not ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LastError {
    /// The message of the error, followed by those of its causes.
    pub message: String,
    /// The time at which it occurred.
    pub at: Timestamp,
}

/// The state of a subscription.
///
/// [`SubscriptionHealth`](crate::SubscriptionHealth) has it; [`Health`](crate::Health) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SubscriptionState {
    /// The first consumer is not open yet.
    Connecting,
    /// The subscription receives events.
    Running,
    /// The circuit breaker is open: too many attempts failed in a row.
    Paused,
    /// The consumer was lost; a new one is opened after a delay.
    Lost,
    /// The subscription has stopped receiving events and finishes those in progress.
    Draining,
    /// The subscription has stopped.
    Stopped,
}

impl SubscriptionState {
    #[cfg(feature = "otel")]
    pub(crate) const ALL: [Self; 6] = [
        Self::Connecting,
        Self::Running,
        Self::Paused,
        Self::Lost,
        Self::Draining,
        Self::Stopped,
    ];

    /// Returns the name in metrics and in JSON, such as `running`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Lost => "lost",
            Self::Draining => "draining",
            Self::Stopped => "stopped",
        }
    }
}

impl LastError {
    pub(crate) fn new(error: &dyn Error) -> Self {
        Self {
            message: with_causes(error),
            at: Timestamp::now(),
        }
    }
}

impl fmt::Display for LastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.at)
    }
}
