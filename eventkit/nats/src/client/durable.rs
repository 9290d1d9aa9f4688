//! The state of a durable subscription in this process.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventkit::transport::{SubscriptionStatus, TransportError};
use tokio::time::Instant;

use super::consumer_info::ConsumerInfo;
use super::selection::Record;
use super::state::{StateStore, Stored};
use super::unsettled::Unsettled;

/// The maximum time between two reads of the record by a process that watches it.
const MAX_READ_INTERVAL: Duration = Duration::from_mins(1);

/// The state of a durable subscription, as this process knows it.
#[derive(Debug)]
pub(super) struct Durable {
    /// The name of the consumer on the server, which does not change when the subscription is
    /// renamed.
    pub(super) name: String,
    /// The received and unsettled messages, if the subscription keeps their order.
    pub(super) unsettled: Unsettled,
    facts: Mutex<Facts>,
    last_check: tokio::sync::Mutex<Option<Check>>,
}

#[derive(Debug)]
struct Facts {
    record: Option<Stored<Record>>,
    /// The time since which each read of the record has returned this revision.
    unchanged_since: Instant,
    last_read: Instant,
    /// The time since which the record has had its `ack_wait`.
    announced_since: Instant,
    /// The `ack_wait` of the consumer.
    ack_wait: Option<Duration>,
    settled: Option<u64>,
    lag: Option<u64>,
    warnings: Vec<String>,
    /// A warning about what happened to the consumer while this process used it.
    incident: Option<String>,
}

/// A read of the record.
#[derive(Debug)]
struct Check {
    began: Instant,
    digest: Option<String>,
}

impl Durable {
    pub(super) fn new(name: String) -> Self {
        let now = Instant::now();
        Self {
            name,
            unsettled: Unsettled::default(),
            facts: Mutex::new(Facts {
                record: None,
                unchanged_since: now,
                last_read: now,
                announced_since: now,
                ack_wait: None,
                settled: None,
                lag: None,
                warnings: Vec::new(),
                incident: None,
            }),
            last_check: tokio::sync::Mutex::default(),
        }
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the record.
    pub(super) async fn read(
        &self,
        state: &StateStore,
    ) -> Result<Option<Stored<Record>>, TransportError> {
        let stored = state.get(&Record::key(&self.name)).await?;
        if let Some(stored) = &stored {
            self.observe(stored);
        }
        Ok(stored)
    }

    /// Replaces a revision of the record; returns the record that is stored, or `None` if another one was stored
    /// meanwhile.
    pub(super) async fn write(
        &self,
        state: &StateStore,
        revision: u64,
        record: Record,
    ) -> Result<Option<Stored<Record>>, TransportError> {
        let key = Record::key(&self.name);
        let Some(revision) = state.replace(&key, revision, &record).await? else {
            return Ok(None);
        };
        let value = record;
        let stored = Stored { value, revision };
        self.observe(&stored);
        Ok(Some(stored))
    }

    fn observe(&self, stored: &Stored<Record>) {
        let mut facts = self.facts();
        let now = Instant::now();
        let known = facts.record.as_ref();
        let is_of_other_stream =
            known.is_some_and(|known| known.value.stream_created != stored.value.stream_created);
        if known.is_none_or(|known| known.value.ack_wait != stored.value.ack_wait) {
            facts.announced_since = now;
        }
        if is_of_other_stream {
            facts.settled = None;
        }
        let known = facts.record.as_ref();
        let has_changed = known.is_none_or(|known| known.revision != stored.revision);
        // While this process did not read the record, other processes may have been unable to write
        // it.
        if has_changed || now.duration_since(facts.last_read) > MAX_READ_INTERVAL {
            facts.unchanged_since = now;
        }
        if has_changed {
            facts.record = Some(stored.clone());
        }
        facts.last_read = now;
    }

    /// Reads the record, and returns whether a digest is that of the latest selection. Concurrent
    /// calls share one read.
    pub(super) async fn is_latest(
        &self,
        state: &StateStore,
        digest: &str,
    ) -> Result<bool, TransportError> {
        let called = Instant::now();
        let mut last = self.last_check.lock().await;
        if last.as_ref().is_none_or(|check| check.began < called) {
            let began = Instant::now();
            let stored = self.read(state).await?;
            let digest = stored.map(|stored| stored.value.selections.latest().to_owned());
            *last = Some(Check { began, digest });
        }
        let latest = last.as_ref().and_then(|check| check.digest.as_deref());
        Ok(latest == Some(digest))
    }

    /// Returns the record that this process last read, and for how long it has not changed.
    pub(super) fn known_record(&self) -> Option<(Stored<Record>, Duration)> {
        let facts = self.facts();
        let record = facts.record.clone()?;
        Some((record, facts.unchanged_since.elapsed()))
    }

    /// Returns for how long the record has had its current `ack_wait`.
    pub(super) fn announced_for(&self) -> Duration {
        self.facts().announced_since.elapsed()
    }

    pub(super) fn set_info(&self, info: &ConsumerInfo, warnings: Vec<String>) {
        self.unsettled.remove_settled(info.ack_floor.stream_seq);
        let mut facts = self.facts();
        facts.ack_wait = Some(info.settings().duration("ack_wait"));
        facts.settled = info.settled();
        facts.lag = Some(info.num_pending);
        facts.warnings = warnings;
    }

    /// Returns the sequence up to which all messages are settled, as far as this process knows.
    pub(super) fn settled(&self) -> Option<u64> {
        self.facts().settled
    }

    pub(super) fn set_incident(&self, incident: String) {
        self.facts().incident = Some(incident);
    }

    /// Returns the time after which the server redelivers an unsettled message: that of the
    /// consumer, or a shorter one that the record announces.
    pub(super) fn ack_wait(&self) -> Option<Duration> {
        let facts = self.facts();
        let announced = facts.record.as_ref().map(|record| record.value.ack_wait());
        facts.ack_wait.into_iter().chain(announced).min()
    }

    /// Returns whether the latest selection that this process knows has another digest.
    pub(super) fn is_superseded(&self, digest: &str) -> bool {
        self.facts().supersede(digest)
    }

    pub(super) fn status(&self, digest: &str) -> SubscriptionStatus {
        let facts = self.facts();
        let mut status = SubscriptionStatus::default();
        status.superseded = facts.supersede(digest);
        status.lag = facts.lag;
        status.warnings.clone_from(&facts.warnings);
        status.warnings.extend(facts.incident.clone());
        status
    }
}

impl Facts {
    /// Returns whether the latest known selection has another digest.
    fn supersede(&self, digest: &str) -> bool {
        let record = self.record.as_ref();
        record.is_some_and(|record| record.value.selections.latest() != digest)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_that_another_process_settled_are_forgotten() {
        let durable = Durable::new("handler".to_owned());
        for sequence in 1..=1_000 {
            durable.unsettled.insert(sequence);
        }
        let info = json!({
            "config": {}, "ack_floor": { "stream_seq": 990 }, "num_pending": 0, "num_ack_pending": 10,
        });
        durable.set_info(&serde_json::from_value(info).unwrap(), Vec::new());
        assert_eq!(durable.unsettled.count_after(0), 10);
    }
}
