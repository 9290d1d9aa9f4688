//! Replays of dead letters while workers run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventkit::BoxError;
use eventkit::transport::Transport;
use eventkit_service::DeadLetters;
use tokio::time::sleep;

use crate::environment::{Environment, in_hand};
use crate::handlers::{HANDLERS, Label, is_declined};
use crate::processes::KILLED;
use crate::setup::Setup;
use crate::worker::SERVICE;

/// The time limit for all replays.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn declines_a_few(setup: &mut Setup) {
    setup.worker.behaviour.label = Label::Declines;
    setup.lasting(Duration::from_secs(6));
}

/// Replays dead letters to a deployment that accepts them, under load and while a worker is killed.
pub(crate) async fn replay(row: &mut Environment) -> Result<(), BoxError> {
    let (half, all) = (row.setup.events / 2, row.setup.events);
    let declined = (0..half).filter(|number| is_declined(*number)).count();
    let handlers = HANDLERS.len() as u64;
    row.publish(0..half);
    row.start_worker()?;
    row.until(half * handlers - declined as u64, all * handlers)
        .await?;
    row.terminate_oldest().await?;
    row.setup.worker.behaviour.label = Label::Succeeds;
    row.publish(half..all);
    row.start_worker()?.ready().await?;
    row.start_worker()?.ready().await?;
    let broker = row.setup.worker.broker.open().await?;
    let replaying = tokio::spawn(replay_all(broker, declined));
    sleep(Duration::from_millis(500)).await;
    row.take_oldest()?.kill().await?;
    row.start_worker()?;
    row.allow(1, in_hand(), KILLED);
    let replayed = replaying.await??;
    row.demand(
        replayed == declined,
        format!("{replayed} of {declined} dead letters replayed"),
    );
    row.until(1, 1).await
}

/// Replays a number of dead letters, and returns the number replayed.
async fn replay_all(broker: Arc<dyn Transport>, wanted: usize) -> Result<usize, BoxError> {
    let letters = DeadLetters::new(broker, SERVICE).replay_rate(20);
    let (start, mut replayed) = (Instant::now(), 0);
    while replayed < wanted && start.elapsed() < PATIENCE {
        replayed += letters.replay_all().await?;
    }
    Ok(replayed)
}
