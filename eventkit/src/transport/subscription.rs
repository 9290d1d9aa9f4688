//! What one handler of a service asks of a transport.

use std::collections::BTreeSet;
use std::time::Duration;

use super::TransportError;
use crate::event::Timestamp;
use crate::pattern;

/// The subscription of one handler: a durable name, and the event types it covers.
///
/// # Selections
///
/// The patterns and the filter are the selection of the subscription. A transport records with the
/// durable subscription which selections it had, in the order in which they first came: during a
/// rolling deployment, processes with an earlier and a later one share the messages. A process with the
/// latest selection [skips](super::Settlement::Skip) for good what that does not select. For a process
/// with an earlier one, the same message is returned, since the later selection may be for it. Such a
/// process is [superseded](SubscriptionStatus::superseded). If no process with a later selection is
/// left, as after a rollback, the selection of the one that remains becomes the latest.
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
    /// The former durable names, the latest first. If the transport has no subscription of the name
    /// and has one of a former name, the subscription continues it.
    pub formerly: Vec<String>,
    /// The position at which a new durable subscription starts; the oldest message that the transport
    /// has by default. One that exists continues where it is.
    pub start: Option<StartPosition>,
    /// A text that stands for the filter of the handler, equal for equal filters.
    pub filter: Option<String>,
    /// Whether messages are handled in their order: what was delivered to a lost consumer, or returned
    /// to the transport by a process that has ended, is delivered again before newer messages.
    ///
    /// A transport may wait for `ack_wait` when a consumer is opened. It need not wait for messages that
    /// this process still holds or has returned: a service knows their places.
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

    /// Returns whether another subscription has the same [selection](Self#selections): the same
    /// patterns, in any order, and the same filter.
    #[must_use]
    pub fn has_selection_of(&self, other: &Self) -> bool {
        fn patterns(subscription: &Subscription) -> BTreeSet<&str> {
            subscription.patterns.iter().map(String::as_str).collect()
        }
        self.filter == other.filter && patterns(self) == patterns(other)
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

/// The position at which a new durable subscription starts.
///
/// [`Subscription`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartPosition {
    /// The oldest message that the transport has.
    Oldest,
    /// The first message that is published after the subscription was created.
    New,
    /// The first message that was published at this time or later.
    Time(Timestamp),
}

/// What a transport knows about a subscription that a process uses.
///
/// [`Transport::subscription_status`](super::Transport::subscription_status) returns it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionStatus {
    /// Whether a later [selection](Subscription#selections) is recorded than the one of this process.
    pub superseded: bool,
    /// The number of messages that were not delivered yet to any process, if it is known.
    pub lag: Option<u64>,
    /// What an operator should look at, each with what to do.
    pub warnings: Vec<String>,
}

/// What a transport knows about a durable subscription.
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
    /// The number of messages that are not settled.
    pub unsettled: u64,
    /// The durable names that the subscription had before. A replay to one of them is addressed to `name`.
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

    /// Sets the durable names that the subscription had before.
    #[must_use]
    pub fn with_former_names(mut self, names: Vec<String>) -> Self {
        self.former_names = names;
        self
    }

    /// Returns whether this is the name of the subscription, or one that it had before.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name == name || self.former_names.iter().any(|former| former == name)
    }
}
