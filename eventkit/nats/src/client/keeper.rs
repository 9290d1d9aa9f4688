//! The keeper: a task that checks the record and the consumer of a subscription while it is open.

use std::sync::Arc;
use std::time::Duration;

use eventkit::transport::{
    SelectionRole, Selections, TransportError, TransportErrorKind, with_causes,
};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::{debug, info, warn};

use super::active_subscription::ActiveSubscription;
use super::aliases;
use super::consumer_api::describe;
use super::consumer_info::ConsumerInfo;
use super::delivery_records;
use super::selection::Record;
use super::shared::Shared;
use super::state::Stored;

/// The minimum and maximum interval between checks.
const MIN_INTERVAL: Duration = Duration::from_millis(100);
const MAX_INTERVAL: Duration = Duration::from_secs(20);

/// The number of consecutive failed checks after which the consumer is lost.
const MAX_FAILURES: u32 = 3;

/// A running keeper task, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Keeper(JoinHandle<()>);

impl Keeper {
    /// Starts the task.
    ///
    /// The task detects changes at least once in each `ack_wait`, and renews the record. If it
    /// finds that the consumer cannot be used, the next call of the consumer returns the error.
    pub(super) fn start(subscription: Arc<ActiveSubscription>) -> Self {
        Self(tokio::spawn(async move { keep(&subscription).await }))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn keep(subscription: &ActiveSubscription) {
    // Deleting many records may take longer than the interval between checks.
    tokio::join!(forget_left_records(subscription), watch(subscription));
}

/// Checks the record and the consumer until the consumer is lost.
async fn watch(subscription: &ActiveSubscription) {
    let mut failures = 0;
    let mut was_superseded = false;
    loop {
        let is_superseded = subscription.is_superseded();
        if is_superseded && !was_superseded {
            info!(
                subscription = %subscription.subscription.name,
                "superseded: a later deployment selects other events, and this process returns those \
                 that only the later one selects"
            );
        }
        was_superseded = is_superseded;
        let ack_wait = subscription.durable.ack_wait().unwrap_or(MAX_INTERVAL);
        sleep((ack_wait / 3).clamp(MIN_INTERVAL, MAX_INTERVAL)).await;
        let Err(error) = subscription.look().await else {
            failures = 0;
            continue;
        };
        failures += 1;
        debug!(durable = %subscription.durable.name, error = with_causes(&error), "failed to check the consumer");
        if failures == MAX_FAILURES || error.kind() != TransportErrorKind::Unavailable {
            return subscription.fail(error);
        }
    }
}

/// Deletes the records of settled messages that a process left behind when it died.
async fn forget_left_records(subscription: &ActiveSubscription) {
    let (state, durable) = (&subscription.shared.state, &subscription.durable);
    if let Some(settled) = durable.settled() {
        let forgotten = delivery_records::forget_settled(state, &durable.name, settled).await;
        if let Err(error) = forgotten {
            warn!(durable = %durable.name, error = with_causes(&error), "failed to delete the delivery records of settled messages");
        }
    }
}

impl ActiveSubscription {
    /// Checks the stream, the consumer and the record once, and repairs them if necessary.
    async fn look(&self) -> Result<(), TransportError> {
        let shared = &*self.shared;
        let stream = shared.stream.look(&shared.api).await?;
        // The record is read after the consumer: if this selection is the latest in the record, the
        // filters that were read before cannot belong to a later one.
        let info = ConsumerInfo::look_up(shared, &self.durable.name).await?;
        let stored = self.durable.read(&shared.state).await?;
        let Some(info) = info else {
            let what = describe(shared, &self.durable.name);
            return Err(self.lose(&format!("{what} was deleted")));
        };
        let stored = match stored {
            Some(stored) => self.renew(stored).await?,
            None => self.restore().await?,
        };
        self.reconcile(info, &stored.value, &stream).await
    }

    /// Renews the record of the latest selection, or takes over if no process with a later
    /// selection is left.
    async fn renew(&self, stored: Stored<Record>) -> Result<Stored<Record>, TransportError> {
        let known = self.durable.known_record();
        let unchanged = known.map_or(Duration::ZERO, |(_, unchanged)| unchanged);
        let next = match stored.value.selections.role_of(&self.selection.digest) {
            SelectionRole::Latest if unchanged >= Selections::RENEWAL_INTERVAL => Record {
                settled: self.durable.settled().max(stored.value.settled),
                ..stored.value.clone()
            },
            SelectionRole::Superseded if self.may_take_over(&stored.value) => {
                let name = &self.subscription.name;
                info!(
                    subscription = %name,
                    "no process with a later selection is left; making this selection the latest again"
                );
                self.selection.succeed(&stored.value)
            }
            SelectionRole::Unknown => return Err(self.lose("its selection is no longer recorded")),
            SelectionRole::Latest | SelectionRole::Superseded => return Ok(stored),
        };
        let state = &self.shared.state;
        let written = self.durable.write(state, stored.revision, next).await?;
        // If another process wrote the record meanwhile, the next check reads it.
        Ok(written.unwrap_or(stored))
    }

    /// Restores a deleted record from the one this process last read, and the alias of the
    /// subscription.
    async fn restore(&self) -> Result<Stored<Record>, TransportError> {
        let Shared { state, .. } = &*self.shared;
        let Some((known, _)) = self.durable.known_record() else {
            return Err(self.lose("its selection is no longer recorded"));
        };
        warn!(durable = %self.durable.name, "the record of the selection was deleted; restoring it");
        self.durable.write(state, 0, known.value.clone()).await?;
        let (name, durable) = (&self.subscription.name, &self.durable.name);
        if name != durable {
            aliases::record_alias(state, name, durable).await?;
        }
        Ok(known)
    }

    /// Ends the consumer, and returns the error for it.
    fn lose(&self, reason: &str) -> TransportError {
        let name = &self.subscription.name;
        let error =
            || TransportError::unavailable(format!("the consumer `{name}` is lost: {reason}"));
        self.fail(error());
        error()
    }
}
