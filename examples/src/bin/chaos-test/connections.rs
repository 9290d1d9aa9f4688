//! Faults of connections and of the server.

use std::time::Duration;

use eventkit::BoxError;
use tokio::time::sleep;

use crate::environment::{Environment, in_hand};
use crate::handlers::HANDLERS;
use crate::proxy::Direction;

/// How long the network or the server is unavailable. It is longer than a worker needs to notice,
/// and longer than the broker waits for acknowledgements.
const GONE: Duration = Duration::from_secs(6);

/// How often connections are closed in the row with many faults.
const MANY_TIMES: u64 = 50;

/// How long a killed server is stopped.
const DOWN: Duration = Duration::from_secs(1);

pub(crate) async fn network_cut(row: &mut Environment) -> Result<(), BoxError> {
    let both = [Direction::ToServer, Direction::ToWorker];
    block(row, [&both, &both]).await
}

/// Blocks the direction from the workers to the server, which gets no acknowledgements. Then blocks
/// the other direction, so that the workers get no confirmations.
pub(crate) async fn half_open(row: &mut Environment) -> Result<(), BoxError> {
    block(row, [&[Direction::ToServer], &[Direction::ToWorker]]).await
}

async fn block(row: &mut Environment, directions: [&[Direction]; 2]) -> Result<(), BoxError> {
    let proxy = row.start_proxy().await?;
    row.publish_all();
    row.start_worker()?;
    for (time, blocked) in (1..).zip(directions) {
        row.until(time, 4).await?;
        proxy.block(blocked);
        sleep(GONE).await;
        proxy.block(&[]);
        row.allow_lost_connections(1);
    }
    row.until(1, 1).await
}

pub(crate) async fn connections_closed(row: &mut Environment) -> Result<(), BoxError> {
    let proxy = row.start_proxy().await?;
    row.publish_all();
    row.start_worker()?;
    row.newest()?.ready().await?;
    for _ in 0..MANY_TIMES {
        // This is usually long enough to reconnect.
        sleep(Duration::from_millis(500)).await;
        proxy.close_connections();
        row.done()?;
    }
    row.allow_lost_connections(MANY_TIMES);
    row.until(1, 1).await
}

pub(crate) async fn server_killed(row: &mut Environment) -> Result<(), BoxError> {
    row.broker.settle().await;
    row.publish_all();
    row.start_worker()?;
    for time in 1..=2 {
        row.until(time, 4).await?;
        let done = row.done()?;
        row.broker.restart(DOWN).await?;
        let why =
            "acknowledgements of 250 ms that the server had not written, and events in flight";
        row.allow(1, unwritten(row), why);
        if row.broker.is_old_nats() {
            let why = "NATS before 2.10 may lose the whole position of a consumer that it writes";
            row.allow(1, done / HANDLERS.len() as u64, why);
        }
    }
    row.until(1, 1).await
}

pub(crate) async fn server_frozen(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    row.start_worker()?;
    for time in 1..=2 {
        row.until(time, 4).await?;
        row.broker.freeze(GONE).await?;
        row.allow_lost_connections(1);
    }
    row.until(1, 1).await
}

/// Returns the number of events that a worker handles while a server keeps acknowledgements in
/// memory. It writes them about every 100 milliseconds.
fn unwritten(row: &Environment) -> u64 {
    let handlers = HANDLERS.len() as u64;
    in_hand() + handlers * row.done_within(Duration::from_millis(250))
}
