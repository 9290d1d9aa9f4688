//! What each way to settle does.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Failure;
use super::trial::{Trial, ack, ensure, nack, refused};

fn expect_attempt(found: u32, expected: u32) -> Result<(), Failure> {
    ensure(found == expected, || {
        format!("the attempt is {found}, expected is {expected}")
    })
}

pub(super) async fn redelivers_after_nack(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut subscription = trial.subscription("nack", &["nack"]);
    // It is the delay that counts, and not `ack_wait`.
    subscription.ack_wait = trial.setup.patience() * 10;
    let mut consumer = trial.subscribe(&subscription).await?;
    trial.publish_all("nack", ["x".to_owned()]).await?;

    let delay = Duration::from_millis(500);
    for attempt in 1..=3 {
        let incoming = trial.expect(&mut *consumer, "x").await?;
        expect_attempt(incoming.metadata.delivery_count, attempt)?;
        let since = Instant::now();
        nack(incoming, delay).await?;
        // Clocks of brokers may be a bit coarser.
        let early = delay.mul_f32(0.8);
        let left = early.saturating_sub(since.elapsed());
        trial.expect_nothing(&mut *consumer, left).await?;
    }
    let last = trial.expect(&mut *consumer, "x").await?;
    expect_attempt(last.metadata.delivery_count, 4)?;
    ack(last).await
}

pub(super) async fn redelivers_at_once_after_nack_without_delay(
    trial: &Trial<'_>,
) -> Result<(), Failure> {
    let mut subscription = trial.subscription("now", &["now"]);
    subscription.ack_wait = trial.setup.patience() * 10;
    let mut consumer = trial.subscribe(&subscription).await?;
    trial.publish_all("now", ["x".to_owned()]).await?;
    for attempt in 1..=5 {
        let incoming = trial.expect(&mut *consumer, "x").await?;
        expect_attempt(incoming.metadata.delivery_count, attempt)?;
        nack(incoming, Duration::ZERO).await?;
    }
    ack(trial.expect(&mut *consumer, "x").await?).await
}

pub(super) async fn redelivers_after_silence(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut consumer = trial.consumer("silence").await?;
    trial.publish_all("silence", ["x".to_owned()]).await?;
    let first = trial.expect(&mut *consumer, "x").await?;
    // Kept, and not a word said.
    let again = trial.expect(&mut *consumer, "x").await?;
    expect_attempt(again.metadata.delivery_count, 2)?;
    drop(first);
    // Dropped without a word.
    drop(again);
    let third = trial.expect(&mut *consumer, "x").await?;
    expect_attempt(third.metadata.delivery_count, 3)?;
    ack(third).await?;
    trial.expect_nothing(&mut *consumer, trial.long()).await
}

pub(super) async fn waits_while_in_progress(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut consumer = trial.consumer("progress").await?;
    trial.publish_all("progress", ["x".to_owned()]).await?;
    let incoming = trial.expect(&mut *consumer, "x").await?;
    let until = Instant::now() + trial.setup.ack_wait() * 3;
    while Instant::now() < until {
        trial
            .expect_nothing(&mut *consumer, trial.setup.ack_wait() / 4)
            .await?;
        let told = incoming.handle.in_progress().await;
        told.map_err(|error| refused("say that it is in progress", &error))?;
    }
    ack(incoming).await?;
    trial.expect_nothing(&mut *consumer, trial.long()).await
}

/// Checks that a message that is settled is so for all times.
async fn expect_settled(trial: &Trial<'_>, rest: &str, acks: bool) -> Result<(), Failure> {
    let mut consumer = trial.consumer(rest).await?;
    trial.publish_all(rest, ["x".to_owned()]).await?;
    let incoming = trial.expect(&mut *consumer, "x").await?;
    if acks {
        ack(incoming).await?;
    } else {
        let settled = incoming.handle.terminate().await;
        settled.map_err(|error| refused("terminate", &error))?;
    }
    trial.expect_nothing(&mut *consumer, trial.long()).await?;
    drop(consumer);

    // Nor to another consumer, later.
    sleep(Duration::from_millis(50)).await;
    let mut consumer = trial.consumer(rest).await?;
    trial.publish_all(rest, ["y".to_owned()]).await?;
    ack(trial.expect(&mut *consumer, "y").await?).await?;
    trial.expect_nothing(&mut *consumer, trial.long()).await
}

pub(super) async fn settles_by_ack(trial: &Trial<'_>) -> Result<(), Failure> {
    expect_settled(trial, "acked", true).await
}

pub(super) async fn settles_by_terminate(trial: &Trial<'_>) -> Result<(), Failure> {
    expect_settled(trial, "terminated", false).await
}
