//! The subscriptions that a service opens on a transport.

use std::time::Duration;

use super::TransportError;
use crate::event::Timestamp;
use crate::pattern;

/// The subscription of one handler: a durable name, and the event types it selects.
///
/// # Selections
///
/// The patterns and the filter of a subscription are its selection. A transport stores the
/// selections of each durable subscription, in the order in which they were first used. During a
/// rolling deployment, processes with an earlier and a later selection share the messages:
///
/// - If a process with the latest selection [skips](super::Settlement::Skip) a message, it is
///   settled permanently.
/// - If a process with an earlier selection skips a message, it is returned, since the later
///   selection may include it. Such a process is [superseded](SubscriptionStatus::superseded).
/// - If only processes with an earlier selection are left, as after a rollback, their selection
///   becomes the latest.
///
/// ```
/// use eventkit::transport::{StartPosition, Subscription};
///
/// let mut subscription = Subscription::new("shop--receipt", ["co.outcome.order.*"]);
/// subscription.start = Some(StartPosition::New);
/// assert!(subscription.selects("co.outcome.order.placed"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscription {
    /// The durable name: ASCII letters, digits, `-` and `_`.
    ///
    /// The transport stores the progress of the handler under this name, across restarts of the service
    /// and of the broker. Consumers with the same name share the messages.
    pub name: String,
    /// The event types and patterns, in the syntax of `#[handles]`.
    pub patterns: Vec<String>,
    /// How long a message may stay with a consumer without an acknowledgement or a progress report
    /// before the transport delivers it to another one.
    pub ack_wait: Duration,
    /// How many unsettled messages one consumer may have. A message that was returned with a delay does
    /// not count while it waits.
    pub max_in_flight: usize,
    /// The former durable names, most recent first. If the transport has no subscription with the
    /// current name but has one with a former name, the subscription continues that one.
    pub formerly: Vec<String>,
    /// The position at which a new durable subscription starts; the oldest stored message by default.
    /// An existing subscription continues where it stopped.
    pub start: Option<StartPosition>,
    /// A text that identifies the filter of the handler: equal filters have equal texts.
    pub filter: Option<String>,
    /// Whether messages are handled in order: messages that were delivered to a lost consumer, or
    /// returned by a process that has ended, are delivered again before newer ones.
    ///
    /// To ensure this, a transport may wait for `ack_wait` when a consumer is opened. It need not wait
    /// for messages that this process still has or has returned: the service itself keeps those in
    /// order.
    pub keeps_order: bool,
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
            formerly: Vec::new(),
            start: None,
            filter: None,
            keeps_order: false,
        }
    }

    /// Returns whether one of the patterns matches an event type.
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

/// The position at which a new durable subscription starts.
///
/// [`Subscription`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartPosition {
    /// The oldest stored message.
    Oldest,
    /// The first message that is published after the subscription was created.
    New,
    /// The first message that was published at this time or later.
    Time(Timestamp),
}

/// The transport's current information about a subscription that a process uses.
///
/// [`Transport::subscription_status`](super::Transport::subscription_status) returns it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionStatus {
    /// Whether a later [selection](Subscription#selections) than that of this process is recorded.
    pub superseded: bool,
    /// The number of messages that were not delivered to any process yet, if known.
    pub lag: Option<u64>,
    /// Warnings for operators, which say what to do.
    pub warnings: Vec<String>,
}

/// The transport's information about a durable subscription.
///
/// ```
/// use eventkit::transport::SubscriptionInfo;
///
/// let info = SubscriptionInfo::new("shop--receipt", true, 3)
///     .with_former_names(vec!["shop--mail".to_owned()]);
/// assert!(info.is_named("shop--mail"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionInfo {
    /// The durable name.
    pub name: String,
    /// Whether a consumer is open, in any process.
    pub has_consumer: bool,
    /// The number of messages that are not settled. If the broker does not tell how many messages consumers
    /// have in hand, those of other processes are left out.
    pub unsettled: u64,
    /// The former durable names. A replay to one of them is addressed to `name`.
    pub former_names: Vec<String>,
}

impl SubscriptionInfo {
    /// Creates the information on a subscription.
    pub fn new(name: impl Into<String>, has_consumer: bool, unsettled: u64) -> Self {
        Self {
            name: name.into(),
            has_consumer,
            unsettled,
            former_names: Vec::new(),
        }
    }

    /// Sets the former durable names.
    #[must_use]
    pub fn with_former_names(mut self, names: Vec<String>) -> Self {
        self.former_names = names;
        self
    }

    /// Returns whether this is the current name of the subscription or a former one.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name == name || self.former_names.iter().any(|former| former == name)
    }
}
