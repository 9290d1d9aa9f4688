//! The state that the clones of a transport and its consumers share.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use eventkit::Limits;
use eventkit::transport::{Subscription, TransportError};
use tokio::task::JoinHandle;

use super::deliveries::Deliveries;
use super::link::Links;
#[cfg(feature = "management")]
use super::management::Inspection;
use super::publishing::Publishing;
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
    pub(super) links: Arc<Links>,
    pub(super) publishing: Arc<Publishing>,
    pub(super) log: StateLog,
    /// The comparison of what operators make, if the management API is configured.
    #[cfg(feature = "management")]
    inspection: Option<Inspection>,
    /// The prepared subscriptions whose queues are not declared yet.
    prepared: Mutex<VecDeque<Subscription>>,
    /// Held while the queues of prepared subscriptions are declared.
    pub(super) declaring: tokio::sync::Mutex<()>,
    statuses: Mutex<HashMap<String, QueueStatus>>,
    /// The delays whose queues this process has declared.
    delays: Mutex<BTreeSet<Duration>>,
    /// The tasks that close dropped consumers, by queue.
    closing: Mutex<HashMap<String, Vec<JoinHandle<()>>>>,
}

/// The status of a queue, as far as this process knows it.
#[derive(Debug, Default)]
pub(super) struct QueueStatus {
    pub(super) lag: Option<u64>,
    /// A warning about what happened to the queue while this process used it.
    pub(super) incident: Option<String>,
    /// The error of the last check of the queue.
    pub(super) failure: Option<String>,
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
        links: Links,
    ) -> Self {
        let links = Arc::new(links);
        let publishing = Arc::new(Publishing::new(Arc::clone(&links), timeout));
        let log = StateLog::new(Arc::clone(&links), Arc::clone(&publishing), &names, timeout);
        Self {
            names,
            mode,
            limits,
            timeout,
            links,
            publishing,
            log,
            #[cfg(feature = "management")]
            inspection: None,
            prepared: Mutex::default(),
            declaring: tokio::sync::Mutex::default(),
            statuses: Mutex::default(),
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
        Administrator::new(&self.links, &self.names, self.timeout)
    }

    /// Returns the prepared subscriptions. Only the holder of `declaring` removes one.
    pub(super) fn prepared(&self) -> MutexGuard<'_, VecDeque<Subscription>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the bindings of earlier selections, if `digest` is that of the latest one.
    pub(super) async fn remove_old_bindings(
        &self,
        name: &str,
        digest: &str,
    ) -> Result<(), TransportError> {
        let find = || self.log.with_state(|state| state.find(name).cloned());
        let Some(own) = find().filter(|own| own.selections.latest() == digest) else {
            return Ok(());
        };
        let administrator = self.administrator();
        // Another process that does the same may have removed bindings that were not recorded yet.
        administrator.bind_all(&own.queue, &own.bindings).await?;
        let mut old = own.old_bindings;
        if old.is_empty() {
            return Ok(());
        }
        administrator.unbind_all(&own.queue, &old).await?;
        // Another process may have recorded these bindings meanwhile, and have found them in place.
        self.log.sync().await?;
        let latest = find().map(|own| own.bindings).unwrap_or_default();
        old.retain(|own| latest.contains(own));
        administrator.bind_all(&own.queue, &old).await
    }

    fn statuses(&self) -> MutexGuard<'_, HashMap<String, QueueStatus>> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads or changes the status of a queue.
    pub(super) fn with_status<T>(
        &self,
        queue: &str,
        access: impl FnOnce(&mut QueueStatus) -> T,
    ) -> T {
        access(self.statuses().entry(queue.to_owned()).or_default())
    }

    /// Returns the number of messages that the consumers of this process have of a queue.
    pub(super) fn in_hand(&self, queue: &str) -> u64 {
        let consumers = self.consumers(queue);
        consumers.iter().map(|own| own.in_hand()).sum()
    }

    /// Returns the messages of the consumers of this process, by queue.
    pub(super) fn consumers(&self, queue: &str) -> Vec<Arc<Deliveries>> {
        self.with_status(queue, |known| {
            known.consumers.retain(|own| own.strong_count() > 0);
            known.consumers.iter().filter_map(Weak::upgrade).collect()
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
