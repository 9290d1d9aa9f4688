//! Changes that operators make to a stream and its consumers while workers run.

use std::time::Duration;

use eventkit::BoxError;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::environment::{Environment, in_hand};
use crate::handlers::{HANDLERS, INVOICE, LABEL};
use crate::setup::Setup;

/// How long the stream is deleted. It is longer than a worker needs to notice.
const GONE: Duration = Duration::from_secs(10);

/// How long a setting is changed.
const CHANGED: Duration = Duration::from_secs(4);

pub(crate) fn under_load(setup: &mut Setup) {
    setup.lasting(Duration::from_secs(8));
}

pub(crate) fn under_less_load(setup: &mut Setup) {
    setup.lasting(Duration::from_secs(16));
}

/// Deletes the durable consumer of a handler that two workers share.
pub(crate) async fn consumer_deleted(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    row.start_worker()?;
    row.start_worker()?.ready().await?;
    row.until(1, 2).await?;
    row.operator().await?.delete_consumer(INVOICE).await?;
    let why = "events that each worker was handling, or handled since it last read the position";
    row.allow(2, in_hand_and_since_last_look(row), why);
    row.until(1, 1).await
}

/// Returns how many events a worker may handle before it notices the deletion. It queries the
/// server three times per `ack_wait`.
fn in_hand_and_since_last_look(row: &Environment) -> u64 {
    let in_hand = in_hand() / HANDLERS.len() as u64;
    in_hand + row.done_within(row.setup.worker.ack_wait / 3)
}

/// Deletes and recreates the stream. The worker must not create it itself, and must not report that
/// it is ready.
pub(crate) async fn stream_deleted(row: &mut Environment) -> Result<(), BoxError> {
    let (half, all) = (row.setup.events / 2, row.setup.events);
    let operator = row.operator().await?;
    row.publish(0..half);
    row.start_worker()?.ready().await?;
    row.until(1, 2).await?;
    // The acknowledgements are stored too.
    sleep(Duration::from_secs(1)).await;
    operator.delete_stream().await?;
    let noticed = row.newest()?.not_ready().await;
    row.demand_ok(noticed.map(drop));
    sleep(GONE).await;
    let is_gone = operator.stream().await?.is_none();
    row.demand(is_gone, "a worker recreated the deleted stream");
    row.setup.worker.broker.open().await?;
    row.publish(half..all);
    let ready = row.newest()?.ready().await;
    row.demand_ok(ready);
    row.until(1, 1).await
}

/// Limits the deliveries of a message, which would drop messages that fail more often.
pub(crate) async fn deliveries_capped(row: &mut Environment) -> Result<(), BoxError> {
    let operator = row.operator().await?;
    row.publish_all();
    row.start_worker()?.ready().await?;
    row.until(1, 4).await?;
    operator
        .update_consumer(LABEL, &json!({ "max_deliver": 3 }))
        .await?;
    let noticed = row.newest()?.not_ready().await;
    row.demand_ok(noticed.map(drop));
    operator
        .update_consumer(LABEL, &json!({ "max_deliver": -1 }))
        .await?;
    row.until(1, 1).await?;
    let ready = row.newest()?.ready().await;
    row.demand_ok(ready);
    Ok(())
}

pub(crate) fn slow_and_patient(setup: &mut Setup) {
    setup.lasting(Duration::from_secs(16));
    setup.worker.ack_wait = Duration::from_secs(20);
}

/// Reduces the `ack_wait` and `max_ack_pending` of the server.
pub(crate) async fn settings_changed(row: &mut Environment) -> Result<(), BoxError> {
    let operator = row.operator().await?;
    row.publish_all();
    row.start_worker()?.ready().await?;
    row.until(1, 8).await?;
    change(&operator, json!({ "ack_wait": 2_000_000_000_u64 })).await?;
    sleep(CHANGED).await;
    change(&operator, json!({ "max_ack_pending": 8 })).await?;
    sleep(CHANGED).await;
    change(&operator, json!({ "max_ack_pending": 10_000 })).await?;
    row.until(1, 1).await
}

async fn change(operator: &crate::operator::Operator, changes: Value) -> Result<(), BoxError> {
    for handler in HANDLERS {
        operator.update_consumer(handler, &changes).await?;
    }
    Ok(())
}
