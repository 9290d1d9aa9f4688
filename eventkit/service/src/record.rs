//! What is recorded about the deliveries of one message, beside the message.

use std::error::Error;
use std::sync::PoisonError;
use std::time::Duration;

use super::delivery::Delivery;
use super::error::within;
use super::health::Store;
use super::store::until_stored;
use eventkit::transport::{DeliveryRecord, TransportError};

/// The time in which the transport has to load or store a record.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

/// The time in which the transport has to record what a message does not wait for: that it is released,
/// or that the run of a suspect ended. It is shorter than the service has for its end.
const RECORD_TIMEOUT: Duration = Duration::from_secs(2);

const NOT_LOADED: &str = "the record of a message was not loaded";
const NOT_STORED: &str = "the record of a message was not stored";

impl Delivery<'_> {
    /// Loads the record of earlier deliveries, however long that takes. The first delivery has none,
    /// and needs no transport to know it.
    pub(crate) async fn load_record(&self) {
        if self.known_record().is_none() {
            let load = || within(STORE_TIMEOUT, NOT_LOADED, self.handle.load_record());
            let record = until_stored(&self.task.status, Store::Records, load).await;
            self.set_record(record);
        }
    }

    /// Returns the record that holds once the run that is under way has ended.
    pub(crate) fn record(&self) -> DeliveryRecord {
        self.known_record().unwrap_or_default()
    }

    /// Returns the number of runs as a suspect that did not end, if the message is one: if an earlier
    /// delivery neither ended with a failed attempt nor was returned.
    pub(crate) fn suspect_runs(&self) -> Option<u32> {
        self.suspect_runs_of(self.record())
    }

    fn suspect_runs_of(&self, record: DeliveryRecord) -> Option<u32> {
        let is_suspect =
            self.delivery_count() - 1 > record.accounted_deliveries || record.suspect_runs > 0;
        is_suspect.then_some(record.suspect_runs)
    }

    /// Records that the message is about to run as a suspect, however long that takes.
    pub(crate) async fn record_suspect_run(&self) {
        let mut record = self.record();
        record.suspect_runs = record.suspect_runs.saturating_add(1);
        tracing::warn!(
            subscription = self.subscription(),
            event = %self.event,
            run = record.suspect_runs,
            "the event was in hand when a process ended, and runs as a suspect"
        );
        self.store_record(record).await;
        self.set_record(self.cleared());
    }

    /// Records that the run of a suspect does not begin after all, if there is time for it: that it
    /// would may be stored, although this was not confirmed.
    pub(crate) async fn take_back_suspect_run(&self) {
        self.store_once(self.record(), "a suspect did not run")
            .await;
    }

    /// Records that the run of a suspect ended, or lasts for too long, if there is time for it. If its
    /// process ends before the message is settled, it is a suspect of which nothing is known.
    ///
    /// This is tried once: a handler that succeeded must not run again since a shutdown comes meanwhile.
    pub(crate) async fn record_clearance(&self) {
        self.store_once(self.cleared(), "the run of a suspect ended")
            .await;
    }

    /// Records a failed attempt, however long that takes.
    pub(crate) async fn record_failed_attempt(&self, number: u32) {
        let mut record = self.cleared();
        record.failed_attempts = number;
        record.accounted_deliveries = self.delivery_count();
        // Known before it is stored, for a release meanwhile.
        self.set_record(record);
        self.store_record(record).await;
    }

    /// Records that the message is released, if there is time for it. One of which this is not known
    /// is a suspect, which spends no attempt.
    pub(crate) async fn record_release(&self) {
        let recording = async {
            let mut record = match self.known_record() {
                Some(record) => record,
                None => self.handle.load_record().await?,
            };
            // A suspect that did not run is one still.
            if self.suspect_runs_of(record).is_none() {
                record.accounted_deliveries = self.delivery_count();
                self.handle.store_record(record).await?;
            }
            Ok::<(), TransportError>(())
        };
        if let Err(error) = within(RECORD_TIMEOUT, NOT_STORED, recording).await {
            self.task.status.set_last_error(&error);
            tracing::warn!(
                subscription = self.subscription(),
                event = %self.event,
                error = &error as &dyn Error,
                "failed to record that a message is released"
            );
        }
    }

    /// Returns the record without the runs as a suspect.
    fn cleared(&self) -> DeliveryRecord {
        let mut record = self.record();
        record.suspect_runs = 0;
        record.accounted_deliveries = self.delivery_count() - 1;
        record
    }

    /// Stores a record if there is time for it; `what` is recorded.
    async fn store_once(&self, record: DeliveryRecord, what: &str) {
        let storing = self.handle.store_record(record);
        if let Err(error) = within(RECORD_TIMEOUT, NOT_STORED, storing).await {
            tracing::warn!(
                subscription = self.subscription(),
                event = %self.event,
                error = &error as &dyn Error,
                "failed to record that {what}"
            );
        }
    }

    async fn store_record(&self, record: DeliveryRecord) {
        let store = || within(STORE_TIMEOUT, NOT_STORED, self.handle.store_record(record));
        until_stored(&self.task.status, Store::Records, store).await;
    }

    fn known_record(&self) -> Option<DeliveryRecord> {
        *self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_record(&self, record: DeliveryRecord) {
        *self.record.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
    }
}
