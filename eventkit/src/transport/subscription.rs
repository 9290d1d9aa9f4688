//! What one handler of a service asks of a transport.

use std::time::Duration;

use super::TransportError;
use crate::pattern;

/// The subscription of one handler: a durable name, and the event types it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscription {
    /// The durable name, of ASCII letters, digits, `-` and `_`.
    ///
    /// The transport remembers under it how far the handler has come, across restarts of both
    /// sides. Consumers with the same name share the messages.
    pub name: String,
    /// The event types and patterns, as `#[handles]` takes them.
    pub patterns: Vec<String>,
    /// How long a message may stay without a sign of life from its consumer before the transport
    /// delivers it to another one.
    pub ack_wait: Duration,
    /// How many messages one consumer may hold unsettled at once. A message that was returned with a
    /// delay does not count while it waits.
    pub max_in_flight: usize,
}

/// What a transport knows about a durable subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionInfo {
    /// The durable name.
    pub name: String,
    /// Whether a consumer is open, in any process.
    pub has_consumer: bool,
    /// The number of messages that are not settled.
    pub unsettled: u64,
}

impl SubscriptionInfo {
    /// Creates the information on a subscription.
    pub fn new(name: impl Into<String>, has_consumer: bool, unsettled: u64) -> Self {
        Self {
            name: name.into(),
            has_consumer,
            unsettled,
        }
    }
}

impl Subscription {
    /// Creates a subscription with an `ack_wait` of 30 seconds and at most 256 messages in flight.
    pub fn new(
        name: impl Into<String>,
        patterns: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            patterns: patterns.into_iter().map(Into::into).collect(),
            ack_wait: Duration::from_secs(30),
            max_in_flight: 256,
        }
    }

    /// Returns whether one of the patterns selects an event type.
    #[must_use]
    pub fn selects(&self, ty: &str) -> bool {
        let mut patterns = self.patterns.iter();
        patterns.any(|pattern| pattern::matches(pattern, ty))
    }

    /// Checks the patterns.
    ///
    /// # Errors
    ///
    /// Returns an error if a pattern is invalid.
    pub fn check_patterns(&self) -> Result<(), TransportError> {
        for pattern in &self.patterns {
            pattern::check(pattern).map_err(|reason| {
                let name = &self.name;
                TransportError::configuration(format!(
                    "the pattern `{pattern}` of the subscription `{name}`: {reason}"
                ))
            })?;
        }
        Ok(())
    }
}
