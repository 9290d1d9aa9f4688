//! The entries of the log, which are stored as JSON.

use eventkit::transport::{
    DeliveryRecord, Selections, Subscription, SubscriptionInfo, TransportError,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::mapping::routing::{self, Binding};

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    /// No change: a process that reads its own marker has read all earlier entries.
    Marker,
    /// A process opens a subscription.
    Open(Opening),
    /// A process with the latest selection is running.
    Renew { queue: String, digest: String },
    /// A process with an earlier selection makes it the latest, unless another one was faster.
    TakeOver { opening: Opening, generation: u64 },
    /// The state of a subscription, for processes that do not find its earlier entries.
    State(SubscriptionState),
    /// The record of a message.
    Record(StoredRecord),
    /// The records of messages that are returned undelivered.
    Return {
        queue: String,
        /// The keys and delivery counts.
        messages: Vec<(Uuid, u32)>,
    },
    /// The message is settled.
    Forget { queue: String, key: Uuid },
}

/// The subscription of a process that opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Opening {
    pub(super) name: String,
    pub(super) formerly: Vec<String>,
    pub(super) digest: String,
    /// The patterns and the filter, for people who read the log.
    pub(super) patterns: Vec<String>,
    pub(super) filter: Option<String>,
    pub(super) bindings: Vec<Binding>,
    /// The queue of a subscription that is new.
    pub(super) queue: String,
    /// The subscription as the process knows it, for processes that do not find its earlier entries.
    pub(super) before: Option<Box<SubscriptionState>>,
}

/// A durable subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SubscriptionState {
    /// The queue, whose name has the first name of the subscription.
    pub(super) queue: String,
    /// The latest name.
    pub(super) name: String,
    pub(super) former_names: Vec<String>,
    #[serde(flatten)]
    pub(super) selections: Selections,
    pub(super) patterns: Vec<String>,
    /// The bindings of the latest selection.
    pub(super) bindings: Vec<Binding>,
    /// The bindings of earlier selections that may still exist.
    pub(super) old_bindings: Vec<Binding>,
}

/// A record, and the delivery count at which it was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredRecord {
    pub(super) queue: String,
    pub(super) key: Uuid,
    pub(super) deliveries: u32,
    pub(super) record: DeliveryRecord,
}

impl SubscriptionState {
    pub(super) fn new(opening: Opening) -> Self {
        Self {
            queue: opening.queue,
            name: opening.name,
            former_names: Vec::new(),
            selections: Selections::new(opening.digest),
            patterns: opening.patterns,
            bindings: opening.bindings,
            old_bindings: Vec::new(),
        }
    }

    /// Makes the selection of a process the latest.
    pub(super) fn adopt(&mut self, opening: Opening) {
        // A process of an earlier deployment opens it by a former name, and one that renames it back too.
        let is_renamed = !self.is_named(&opening.name) || opening.formerly.contains(&self.name);
        if is_renamed && self.name != opening.name {
            self.former_names.retain(|former| *former != opening.name);
            let former = std::mem::replace(&mut self.name, opening.name);
            self.former_names.push(former);
        }
        self.selections = self.selections.succeed(&opening.digest);
        self.patterns = opening.patterns;
        self.old_bindings.append(&mut self.bindings);
        self.bindings = opening.bindings;
        let bindings = &self.bindings;
        self.old_bindings.retain(|old| !bindings.contains(old));
    }

    pub(super) fn is_owned_by(&self, opening: &Opening) -> bool {
        self.name == opening.name || opening.formerly.contains(&self.name)
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name == name || self.former_names.iter().any(|former| former == name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let former = self.former_names.iter();
        [&self.name].into_iter().chain(former).map(String::as_str)
    }

    /// Returns the bindings of the queue: those of the latest selection, and those of replays and returned
    /// messages.
    pub(super) fn all_bindings(&self) -> Vec<Binding> {
        let names: Vec<&str> = self.names().collect();
        let mut bindings = routing::own_bindings(&self.queue, &names);
        bindings.extend_from_slice(&self.bindings);
        bindings
    }

    pub(super) fn info(&self, has_consumer: bool, unsettled: u64) -> SubscriptionInfo {
        SubscriptionInfo::new(&self.name, has_consumer, unsettled)
            .with_former_names(self.former_names.clone())
    }
}

impl Opening {
    /// Returns what a process writes to the log when it opens a subscription that it knows as `before`.
    ///
    /// # Errors
    ///
    /// Returns an error if a pattern is too long for a binding.
    pub(super) fn new(
        subscription: &Subscription,
        queue: String,
        before: Option<&SubscriptionState>,
    ) -> Result<Self, TransportError> {
        let bindings = routing::bindings_of(subscription)?;
        Ok(Self {
            name: subscription.name.clone(),
            formerly: subscription.formerly.clone(),
            digest: digest_of(subscription, &bindings),
            patterns: subscription.patterns.clone(),
            filter: subscription.filter.clone(),
            bindings,
            queue,
            before: before.cloned().map(Box::new),
        })
    }
}

/// Returns the digest of the selection of a subscription with these bindings.
pub(super) fn digest_of(subscription: &Subscription, bindings: &[Binding]) -> String {
    let keys: Vec<String> = bindings.iter().map(|own| own.key.clone()).collect();
    subscription.selection_digest(&keys)
}
