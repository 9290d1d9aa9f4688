//! The delivery records of messages whose handlers did not succeed at the first attempt.

use eventkit::transport::{DeliveryRecord, MessageMetadata, TransportError};
use futures_util::future::try_join_all;

use super::state::StateStore;

/// The maximum number of records that are deleted concurrently.
const MAX_CONCURRENT_DELETIONS: usize = 64;

/// Loads the record of a message by its sequence; returns `None` if there is none.
pub(super) async fn load(
    state: &StateStore,
    durable: &str,
    sequence: u64,
) -> Result<Option<DeliveryRecord>, TransportError> {
    let stored = state.get(&key(durable, sequence)).await?;
    Ok(stored.map(|stored| stored.value))
}

/// Stores the record of a message.
pub(super) async fn store(
    state: &StateStore,
    durable: &str,
    sequence: u64,
    record: DeliveryRecord,
) -> Result<(), TransportError> {
    state.put(&key(durable, sequence), &record).await
}

/// Records that a delivery ended without a run of the handler, for instance because the message was
/// returned undelivered.
///
/// An earlier delivery that is not accounted for may have ended its process, and remains unaccounted
/// for.
pub(super) async fn account_for(
    state: &StateStore,
    durable: &str,
    message: MessageMetadata,
) -> Result<(), TransportError> {
    let (sequence, deliveries) = (message.position.unwrap_or_default(), message.delivery_count);
    let mut record = DeliveryRecord::default();
    // The first record is stored after the first delivery has ended, so there is none to load
    // before.
    if deliveries > 1 {
        record = load(state, durable, sequence).await?.unwrap_or_default();
    }
    match record.accounting_for(deliveries) {
        Some(record) => store(state, durable, sequence, record).await,
        None => Ok(()),
    }
}

/// Records the same for a message that was delivered for the first time, without waiting for a
/// confirmation.
pub(super) async fn account_for_first(
    state: &StateStore,
    durable: &str,
    message: MessageMetadata,
) -> Result<(), TransportError> {
    let mut record = DeliveryRecord::default();
    record.accounted_deliveries = 1;
    let key = key(durable, message.position.unwrap_or_default());
    state.send(&key, &record).await
}

/// Deletes the record of a message.
pub(super) async fn forget(
    state: &StateStore,
    durable: &str,
    sequence: u64,
) -> Result<(), TransportError> {
    state.delete(&key(durable, sequence)).await
}

/// Deletes the records of messages up to a sequence, which another process may have left behind.
pub(super) async fn forget_settled(
    state: &StateStore,
    durable: &str,
    settled: u64,
) -> Result<(), TransportError> {
    let sequence = |key: &str| key.rsplit('.').next()?.parse().ok();
    let is_settled = |key: &str| sequence(key).is_some_and(|sequence: u64| sequence <= settled);
    forget_each(state, durable, is_settled).await
}

/// Deletes the records of all messages, for instance of a stream that was deleted.
pub(super) async fn forget_all(state: &StateStore, durable: &str) -> Result<(), TransportError> {
    forget_each(state, durable, |_| true).await
}

/// Deletes the records whose keys a predicate selects, several at a time.
async fn forget_each(
    state: &StateStore,
    durable: &str,
    is_selected: impl Fn(&str) -> bool,
) -> Result<(), TransportError> {
    let mut keys = state.keys(&format!("delivery.{durable}.*")).await?;
    keys.retain(|key| is_selected(key));
    for keys in keys.chunks(MAX_CONCURRENT_DELETIONS) {
        try_join_all(keys.iter().map(|key| state.delete(key))).await?;
    }
    Ok(())
}

fn key(durable: &str, sequence: u64) -> String {
    format!("delivery.{durable}.{sequence}")
}
