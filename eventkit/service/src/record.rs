//! The delivery record of a message, which the transport stores in addition to the message.

use std::error::Error;
use std::sync::PoisonError;
use std::time::Duration;

use super::delivery::Delivery;
use super::error::within;
use super::health::Store;
use super::store::until_stored;
use eventkit::transport::{DeliveryRecord, TransportError};

/// The time limit for the transport to load or store a record.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

/// The time limit for records that the message does not wait for: its release, or the end of a
/// suspect's run. It is shorter than the time that the service has to shut down.
const RECORD_TIMEOUT: Duration = Duration::from_secs(2);

const NOT_LOADED: &str = "the transport did not load the delivery record";
const NOT_STORED: &str = "the transport did not store the delivery record";

impl Delivery<'_> {
    /// Loads the record of earlier deliveries, and retries until it is loaded. The first delivery
    /// has no record, so the transport is not asked.
    pub(crate) async fn load_record(&self) {
        if self.known_record().is_none() {
            let load = || within(STORE_TIMEOUT, NOT_LOADED, self.handle.load_record());
            let record = until_stored(&self.task.status, Store::Records, load).await;
            self.set_record(record);
        }
    }

    /// Returns the record as it will be once the current run has ended.
    pub(crate) fn record(&self) -> DeliveryRecord {
        self.known_record().unwrap_or_default()
    }

    /// Returns the number of unfinished runs as a suspect, if the message is a suspect: if an
    /// earlier delivery neither ended with a failed attempt nor was returned.
    pub(crate) fn suspect_runs(&self) -> Option<u32> {
        self.suspect_runs_of(self.record())
    }

    fn suspect_runs_of(&self, record: DeliveryRecord) -> Option<u32> {
        let is_suspect =
            self.delivery_count() - 1 > record.accounted_deliveries || record.suspect_runs > 0;
        is_suspect.then_some(record.suspect_runs)
    }

    /// Records that the message is about to run as a suspect, and retries until this is stored.
    pub(crate) async fn record_suspect_run(&self) {
        let mut record = self.record();
        record.suspect_runs = record.suspect_runs.saturating_add(1);
        tracing::warn!(
            subscription = self.subscription(),
            event = %self.event,
            run = record.suspect_runs,
            "the event was being handled when a process died; running it as a suspect"
        );
        self.store_record(record).await;
        self.set_record(self.cleared());
    }

    /// Withdraws the record of a suspect's run that does not begin after all, if there is time. An
    /// unconfirmed attempt to store it may have succeeded.
    pub(crate) async fn take_back_suspect_run(&self) {
        self.store_once(self.record(), "that a suspect did not run")
            .await;
    }

    /// Records that the run of a suspect ended or timed out, if there is time. If the process dies
    /// before the message is settled, the message is then a new suspect.
    ///
    /// This is tried only once: if the service shuts down meanwhile, a handler that succeeded must
    /// not run again.
    pub(crate) async fn record_clearance(&self) {
        self.store_once(self.cleared(), "that the run of a suspect ended")
            .await;
    }

    /// Records a failed attempt, and retries until this is stored.
    pub(crate) async fn record_failed_attempt(&self, number: u32) {
        let mut record = self.cleared();
        record.failed_attempts = number;
        record.accounted_deliveries = self.delivery_count();
        // Set before it is stored, so that a release in the meantime includes it.
        self.set_record(record);
        self.store_record(record).await;
    }

    /// Records that the message is released, if there is time. Without the record the message
    /// becomes a suspect, which does not use up an attempt.
    pub(crate) async fn record_release(&self) {
        let recording = async {
            let mut record = match self.known_record() {
                Some(record) => record,
                None => self.handle.load_record().await?,
            };
            // A suspect that did not run remains a suspect.
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
                "failed to record the release of a message"
            );
        }
    }

    /// Returns the record without its runs as a suspect.
    fn cleared(&self) -> DeliveryRecord {
        let mut record = self.record();
        record.suspect_runs = 0;
        record.accounted_deliveries = self.delivery_count() - 1;
        record
    }

    /// Stores a record if there is time; `what` describes it in the log.
    async fn store_once(&self, record: DeliveryRecord, what: &str) {
        let storing = self.handle.store_record(record);
        if let Err(error) = within(RECORD_TIMEOUT, NOT_STORED, storing).await {
            tracing::warn!(
                subscription = self.subscription(),
                event = %self.event,
                error = &error as &dyn Error,
                "failed to record {what}"
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
