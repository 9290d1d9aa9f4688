//! The records of deliveries, one for each message whose handler did not succeed at once.

use eventkit::transport::{DeliveryRecord, TransportError};
use serde::{Deserialize, Serialize};

use super::state::StateStore;

/// A record as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct StoredRecord {
    #[serde(default)]
    failed_attempts: u32,
    #[serde(default)]
    accounted_deliveries: u32,
    #[serde(default)]
    suspect_runs: u32,
}

/// Loads the record of a message by its sequence; `None` if there is none.
pub(super) async fn load(
    state: &StateStore,
    durable: &str,
    sequence: u64,
) -> Result<Option<DeliveryRecord>, TransportError> {
    let stored = state.get::<StoredRecord>(&key(durable, sequence)).await?;
    Ok(stored.map(|stored| {
        let mut record = DeliveryRecord::default();
        record.failed_attempts = stored.value.failed_attempts;
        record.accounted_deliveries = stored.value.accounted_deliveries;
        record.suspect_runs = stored.value.suspect_runs;
        record
    }))
}

/// Stores the record of a message.
pub(super) async fn store(
    state: &StateStore,
    durable: &str,
    sequence: u64,
    record: DeliveryRecord,
) -> Result<(), TransportError> {
    let stored = StoredRecord {
        failed_attempts: record.failed_attempts,
        accounted_deliveries: record.accounted_deliveries,
        suspect_runs: record.suspect_runs,
    };
    state.put(&key(durable, sequence), &stored).await.map(drop)
}

/// Forgets the record of a message.
pub(super) async fn forget(
    state: &StateStore,
    durable: &str,
    sequence: u64,
) -> Result<(), TransportError> {
    state.purge(&key(durable, sequence)).await
}

/// Forgets the records of messages up to a sequence, which a process may have left behind.
pub(super) async fn forget_settled(
    state: &StateStore,
    durable: &str,
    settled: u64,
) -> Result<(), TransportError> {
    for key in state.keys(&format!("delivery.{durable}.*")).await? {
        let sequence = key.rsplit('.').next().and_then(|token| token.parse().ok());
        if sequence.is_some_and(|sequence: u64| sequence <= settled) {
            state.purge(&key).await?;
        }
    }
    Ok(())
}

/// Forgets the records of all messages, as those of a stream that was deleted.
pub(super) async fn forget_all(state: &StateStore, durable: &str) -> Result<(), TransportError> {
    state.purge(&format!("delivery.{durable}.*")).await
}

fn key(durable: &str, sequence: u64) -> String {
    format!("delivery.{durable}.{sequence}")
}
