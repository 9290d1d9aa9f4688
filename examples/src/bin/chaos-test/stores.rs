//! Faults of the stores that a worker needs: dead letters, outgoing events, the inbox, and a full
//! stream.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use eventkit::BoxError;
use eventkit::transport::{Subscription, Transport};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::time::{sleep, timeout};

use crate::broker_config::BrokerKind;
use crate::environment::{Environment, PATIENCE};
use crate::events::{Kind, ReceiptPrinted};
use crate::handlers::HANDLERS;
use crate::setup::Setup;
use crate::worker::CONCURRENCY;

/// The time limit for a full broker to reject an event.
const REFUSAL: Duration = Duration::from_secs(30);

/// How long a store is unavailable.
const GONE: Duration = Duration::from_secs(6);

pub(crate) fn poison(setup: &mut Setup) {
    setup.kind = Kind::poison;
}

pub(crate) async fn published_twice(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all_twice();
    row.start_worker()?;
    row.until(1, 1).await
}

/// Publishes every event twice on a broker that detects no duplicates.
pub(crate) async fn published_twice_with_inbox(row: &mut Environment) -> Result<(), BoxError> {
    row.setup.worker.inbox = Some(row.folder().join("inbox.sqlite"));
    published_twice(row).await
}

pub(crate) async fn letters_down(row: &mut Environment) -> Result<(), BoxError> {
    row.setup.worker.letters = Some(row.start_second_broker()?);
    row.start_worker()?.ready().await?;
    row.second()?.settle().await;
    row.second()?.kill()?;
    row.publish_all();
    row.until(1, 1).await?;
    sleep(GONE).await;
    row.second()?.start_again()
}

pub(crate) fn sends_receipts(setup: &mut Setup) {
    setup.worker.behaviour.sends_receipts = true;
    setup.lasting(Duration::from_secs(4));
}

/// Stops the broker of outgoing events, and counts the stored events at the end.
pub(crate) async fn outgoing_down(row: &mut Environment) -> Result<(), BoxError> {
    let outgoing = row.start_second_broker()?;
    row.setup.worker.outgoing = Some(outgoing.clone());
    // From now on, receipts are stored for the subscription.
    let broker = outgoing.open().await?;
    broker.subscribe(&all_receipts()).await?.close().await?;
    row.second()?.settle().await;
    row.publish_all();
    row.start_worker()?;
    row.until(1, 4).await?;
    row.second()?.restart(GONE).await?;
    if row.setup.broker == BrokerKind::RabbitMq {
        let why = "receipts published again, because the broker did not confirm them";
        row.allow(1, u64::from(CONCURRENCY), why);
    }
    row.until(1, 1).await?;
    let receipts = receipts(&*broker, row.setup.events).await?;
    let different = receipts.iter().collect::<HashSet<_>>().len() as u64;
    let lost = row.setup.events - different;
    row.demand(lost == 0, format!("{lost} outgoing events lost"));
    for number in receipts {
        row.tally.add("receipt", number);
    }
    Ok(())
}

fn all_receipts() -> Subscription {
    Subscription::new("count", [ReceiptPrinted::TYPE])
}

/// Returns the numbers of all stored receipts. A receipt is stored after the effect of its handler.
async fn receipts(broker: &dyn Transport, expected: u64) -> Result<Vec<u64>, BoxError> {
    let mut consumer = broker.subscribe(&all_receipts()).await?;
    let (mut numbers, mut different) = (Vec::new(), HashSet::new());
    loop {
        // Without a message within this time, there are no more.
        let patience = if (different.len() as u64) < expected {
            PATIENCE
        } else {
            Duration::from_secs(2)
        };
        let Ok(next) = timeout(patience, consumer.next()).await else {
            return Ok(numbers);
        };
        let Some(incoming) = next? else {
            return Ok(numbers);
        };
        let event = incoming.event.map_err(|invalid| invalid.error)?;
        let number = ReceiptPrinted::try_from(&event)?.number;
        numbers.push(number);
        different.insert(number);
        incoming.handle.ack().await?;
    }
}

/// Locks the file of the inbox that two workers share, as another process may do.
pub(crate) async fn inbox_locked(row: &mut Environment) -> Result<(), BoxError> {
    let path = row.folder().join("inbox.sqlite");
    row.setup.worker.inbox = Some(path.clone());
    row.publish_all();
    row.start_worker()?.started().await?;
    row.start_worker()?;
    row.until(1, 4).await?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(GONE);
    let mut connection = options.connect().await?;
    let lock = connection.begin_with("BEGIN IMMEDIATE").await?;
    // This is longer than the inbox waits for a lock.
    sleep(GONE * 2).await;
    lock.commit().await?;
    row.until(1, 1).await
}

/// Fills the stream up to its maximum size, and lets an operator enlarge it.
pub(crate) async fn full_of_bytes(row: &mut Environment) -> Result<(), BoxError> {
    let (half, all) = (row.setup.events / 2, row.setup.events);
    let operator = row.operator().await?;
    row.publish(0..half);
    row.publishing.finish().await?;
    let info = operator.stream().await?.ok_or("there is no stream")?;
    let bytes = info["state"]["bytes"].as_u64().ok_or("there is no size")? + 1_000;
    operator
        .update_stream(&json!({ "max_bytes": bytes }))
        .await?;
    row.setup.worker.broker.max_bytes = Some(bytes);
    row.publish(half..all);
    until_refused(row).await?;
    // There is no space left for dead letters.
    row.start_worker()?;
    sleep(GONE).await;
    operator
        .update_stream(&json!({ "max_bytes": bytes * 4 }))
        .await?;
    // A new worker must accept a stream that is larger than it requires.
    row.start_worker()?.ready().await?;
    row.terminate_oldest().await?;
    row.until(1, 1).await
}

/// Fills the stream up to its maximum number of messages, and lets an operator delete handled
/// messages.
pub(crate) async fn full_of_messages(row: &mut Environment) -> Result<(), BoxError> {
    let half = row.setup.events / 2;
    let operator = row.operator().await?;
    operator.update_stream(&json!({ "max_msgs": half })).await?;
    row.publish_all();
    row.start_worker()?;
    until_refused(row).await?;
    row.until(1, 2).await?;
    let mut handled = u64::MAX;
    for handler in HANDLERS {
        let info = operator.consumer(handler).await?;
        let floor = info["ack_floor"]["stream_seq"].as_u64();
        handled = handled.min(floor.ok_or("there is no position")?);
    }
    operator.purge_before(handled + 1).await?;
    row.until(1, 1).await
}

/// Waits until the broker rejects events.
pub(crate) async fn until_refused(row: &mut Environment) -> Result<(), BoxError> {
    let start = Instant::now();
    while row.publishing.failures() == 0 {
        if start.elapsed() > REFUSAL {
            return Err("the broker does not reject events".into());
        }
        sleep(Duration::from_millis(20)).await;
        row.done()?;
    }
    Ok(())
}
