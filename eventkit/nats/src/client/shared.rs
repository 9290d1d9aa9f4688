//! The state that all clones of a transport share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventkit::Limits;

use super::api::Api;
use super::durable::Durable;
use super::state::StateStore;
use super::stream::Stream;
use crate::mapping::message::Mode;

/// The connection and the settings of a transport.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) api: Api,
    pub(super) stream: Stream,
    pub(super) state: StateStore,
    /// The prefix of all subjects.
    pub(super) prefix: String,
    pub(super) mode: Mode,
    pub(super) limits: Limits,
    pub(super) idle_heartbeat: Duration,
    pub(super) max_ack_pending: usize,
    /// The durables of the subscriptions that this process uses or used, by the subscription's name.
    pub(super) durables: Mutex<HashMap<String, Arc<Durable>>>,
}

impl Shared {
    /// Returns what this process knows about the durable of a subscription.
    pub(super) fn known_durable(&self, subscription: &str) -> Option<Arc<Durable>> {
        let durables = self.durables.lock().unwrap_or_else(PoisonError::into_inner);
        durables.get(subscription).cloned()
    }

    /// Returns the durable of this name for a subscription, with what is known about it.
    pub(super) fn use_durable(&self, subscription: &str, name: &str) -> Arc<Durable> {
        let mut durables = self.durables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = durables.get(subscription)
            && known.name == name
        {
            return Arc::clone(known);
        }
        let durable = Arc::new(Durable::new(name.to_owned()));
        durables.insert(subscription.to_owned(), Arc::clone(&durable));
        durable
    }
}
