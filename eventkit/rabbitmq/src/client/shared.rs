//! What the clones of a transport and its consumers share.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use eventkit::Limits;
use eventkit::transport::{Subscription, TransportError};
use tokio::task::JoinHandle;

use super::deliveries::Deliveries;
use super::link::Link;
#[cfg(feature = "management")]
use super::management::Inspection;
use super::publisher::Publishing;
use super::queue::Administrator;
use super::state_log::StateLog;
use crate::mapping::message::Mode;
use crate::mapping::names::Names;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) names: Names,
    pub(super) mode: Mode,
    pub(super) limits: Limits,
    pub(super) timeout: Duration,
    /// The connection of consumers. It is not that of publishing, which an alarm of the broker blocks.
    pub(super) link: Arc<Link>,
    pub(super) publishing: Arc<Publishing>,
    pub(super) log: StateLog,
    /// The comparison of what operators make, if the management API is configured.
    #[cfg(feature = "management")]
    inspection: Option<Inspection>,
    /// The prepared subscriptions whose queues are not declared yet.
    prepared: Mutex<VecDeque<Subscription>>,
    /// Held while the queues of prepared subscriptions are declared.
    pub(super) declaring: tokio::sync::Mutex<()>,
    facts: Mutex<HashMap<String, Facts>>,
    /// The delays whose queues this process has declared.
    delays: Mutex<BTreeSet<Duration>>,
    /// The tasks that close dropped consumers, by queue.
    closing: Mutex<HashMap<String, Vec<JoinHandle<()>>>>,
}

/// What this process knows of a queue.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) lag: Option<u64>,
    /// A warning about what happened to the queue while this process used it.
    pub(super) incident: Option<String>,
    /// Warnings about what operators have made.
    pub(super) warnings: Vec<String>,
    /// The messages of the open consumers of this process, and of those with messages that are not settled.
    pub(super) consumers: Vec<Weak<Deliveries>>,
}

impl Shared {
    pub(super) fn new(
        names: Names,
        (mode, limits): (Mode, Limits),
        timeout: Duration,
        link: Link,
        publishing: Publishing,
    ) -> Self {
        let (link, publishing) = (Arc::new(link), Arc::new(publishing));
        let log = StateLog::new(Arc::clone(&link), Arc::clone(&publishing), &names, timeout);
        Self {
            names,
            mode,
            limits,
            timeout,
            link,
            publishing,
            log,
            #[cfg(feature = "management")]
            inspection: None,
            prepared: Mutex::default(),
            declaring: tokio::sync::Mutex::default(),
            facts: Mutex::default(),
            delays: Mutex::default(),
            closing: Mutex::default(),
        }
    }

    #[cfg(feature = "management")]
    pub(super) fn with_inspection(self, inspection: Option<Inspection>) -> Self {
        Self { inspection, ..self }
    }

    #[cfg(feature = "management")]
    pub(super) fn inspection(&self) -> Option<&Inspection> {
        self.inspection.as_ref()
    }

    pub(super) fn administrator(&self) -> Administrator<'_> {
        Administrator {
            link: &self.link,
            names: &self.names,
            timeout: self.timeout,
        }
    }

    /// Returns the prepared subscriptions. Only the holder of `declaring` removes one.
    pub(super) fn prepared(&self) -> MutexGuard<'_, VecDeque<Subscription>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn facts(&self) -> MutexGuard<'_, HashMap<String, Facts>> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at what this process knows of a queue.
    pub(super) fn with_facts<T>(&self, queue: &str, look: impl FnOnce(&mut Facts) -> T) -> T {
        look(self.facts().entry(queue.to_owned()).or_default())
    }

    /// Returns the number of messages that the consumers of this process have of a queue.
    pub(super) fn in_hand(&self, queue: &str) -> u64 {
        let consumers = self.consumers(queue);
        consumers.iter().map(|own| own.in_hand()).sum()
    }

    /// Returns the messages of the consumers of this process, by queue.
    pub(super) fn consumers(&self, queue: &str) -> Vec<Arc<Deliveries>> {
        self.with_facts(queue, |facts| {
            facts.consumers.retain(|own| own.strong_count() > 0);
            facts.consumers.iter().filter_map(Weak::upgrade).collect()
        })
    }

    /// Declares the delay queue, unless this process has done so.
    pub(super) async fn ensure_delay(&self, delay: Duration) -> Result<(), TransportError> {
        if self.lock_delays().contains(&delay) {
            return Ok(());
        }
        self.administrator().declare_delay(delay).await?;
        self.lock_delays().insert(delay);
        Ok(())
    }

    /// Forgets which delay queues were declared, since one of them was deleted.
    pub(super) fn forget_delays(&self) {
        self.lock_delays().clear();
    }

    fn lock_delays(&self) -> MutexGuard<'_, BTreeSet<Duration>> {
        self.delays.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a consumer of a queue is being closed in the background.
    pub(super) fn add_closing(&self, queue: &str, closing: JoinHandle<()>) {
        let mut all = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry(queue.to_owned()).or_default();
        own.retain(|closing| !closing.is_finished());
        own.push(closing);
    }

    /// Waits until the consumers of a queue that were dropped have returned their messages, so that a new one
    /// receives them before newer ones.
    pub(super) async fn wait_for_closing(&self, queue: &str) {
        let closing = {
            let mut all = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
            all.remove(queue).unwrap_or_default()
        };
        for closing in closing {
            // It has a time limit of its own.
            let _ = closing.await;
        }
    }
}
