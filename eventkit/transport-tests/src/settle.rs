//! Checks of acknowledgement and redelivery.

use std::time::Duration;

use anyhow::{Context, Result};
use eventkit::transport::Settlement;
use tokio::time::{Instant, sleep};

use super::context::{TestContext, ack, ensure_delivery_count, nack};

pub(super) async fn redelivers_after_nack(context: &TestContext<'_>) -> Result<()> {
    // The redelivery must depend on the delay, not on `ack_wait`.
    let subscription = context.patient_subscription("nack");
    let mut consumer = context.subscribe(&subscription).await?;
    context.publish_all("nack", ["x"]).await?;

    let delay = Duration::from_millis(500);
    for attempt in 1..=3 {
        let incoming = context.expect(&mut *consumer, "x").await?;
        ensure_delivery_count(&incoming, attempt)?;
        let since = Instant::now();
        nack(incoming, delay).await?;
        // The clock of a broker may be coarser.
        let early = delay.mul_f32(0.8);
        let left = early.saturating_sub(since.elapsed());
        context.expect_nothing(&mut *consumer, left).await?;
    }
    let last = context.expect(&mut *consumer, "x").await?;
    ensure_delivery_count(&last, 4)?;
    ack(last).await
}

pub(super) async fn redelivers_at_once_after_nack_without_delay(
    context: &TestContext<'_>,
) -> Result<()> {
    let subscription = context.patient_subscription("now");
    let mut consumer = context.subscribe(&subscription).await?;
    context.publish_all("now", ["x"]).await?;
    for attempt in 1..=5 {
        let incoming = context.expect(&mut *consumer, "x").await?;
        ensure_delivery_count(&incoming, attempt)?;
        nack(incoming, Duration::ZERO).await?;
    }
    ack(context.expect(&mut *consumer, "x").await?).await
}

pub(super) async fn redelivers_after_ack_wait(context: &TestContext<'_>) -> Result<()> {
    let mut consumer = context.consumer("silence").await?;
    context.publish_all("silence", ["x"]).await?;
    let first = context.expect(&mut *consumer, "x").await?;
    // The first delivery is kept unsettled.
    let again = context.expect(&mut *consumer, "x").await?;
    ensure_delivery_count(&again, 2)?;
    drop(first);
    // The second delivery is dropped unsettled.
    drop(again);
    let third = context.expect(&mut *consumer, "x").await?;
    ensure_delivery_count(&third, 3)?;
    ack(third).await?;
    context.expect_no_redelivery(&mut *consumer).await
}

pub(super) async fn extends_ack_wait_while_in_progress(context: &TestContext<'_>) -> Result<()> {
    let mut consumer = context.consumer("progress").await?;
    context.publish_all("progress", ["x"]).await?;
    let incoming = context.expect(&mut *consumer, "x").await?;
    let until = Instant::now() + context.fixture.ack_wait() * 3;
    while Instant::now() < until {
        context
            .expect_nothing(&mut *consumer, context.fixture.ack_wait() / 4)
            .await?;
        let reported = incoming.handle.in_progress().await;
        reported.context("report that a message is in progress")?;
    }
    ack(incoming).await?;
    context.expect_no_redelivery(&mut *consumer).await
}

/// Checks that a settled message is never redelivered.
async fn expect_settled(
    context: &TestContext<'_>,
    rest: &str,
    settlement: Settlement,
) -> Result<()> {
    let mut consumer = context.consumer(rest).await?;
    context.publish_all(rest, ["x"]).await?;
    let incoming = context.expect(&mut *consumer, "x").await?;
    let settled = incoming.handle.settle(settlement).await;
    settled.with_context(|| format!("settle by {settlement:?}"))?;
    context.expect_no_redelivery(&mut *consumer).await?;
    drop(consumer);

    // Another consumer does not receive it either.
    sleep(Duration::from_millis(50)).await;
    let mut consumer = context.consumer(rest).await?;
    context.publish_all(rest, ["y"]).await?;
    ack(context.expect(&mut *consumer, "y").await?).await?;
    context.expect_no_redelivery(&mut *consumer).await
}

pub(super) async fn settles_by_ack(context: &TestContext<'_>) -> Result<()> {
    expect_settled(context, "acked", Settlement::Ack).await
}

pub(super) async fn settles_by_terminate(context: &TestContext<'_>) -> Result<()> {
    expect_settled(context, "terminated", Settlement::Terminate).await
}
