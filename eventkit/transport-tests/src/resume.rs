//! Checks of a new consumer that replaces another one.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Error, Result, bail, ensure};
use eventkit::transport::{Consumer, Subscription};
use tokio::time::timeout;

use super::context::{TestContext, ack, build, in_time, nack, numbers, text};
use super::outcome::Skip;

pub(super) async fn resumes_where_it_stopped(context: &TestContext<'_>) -> Result<()> {
    let mut consumer = context.consumer("resume").await?;
    context.publish_all("resume", ["0", "1"]).await?;
    for number in numbers(2) {
        ack(context.expect(&mut *consumer, &number).await?).await?;
    }
    drop(consumer);
    // Messages wait while there is no consumer.
    context.publish_all("resume", ["2", "3"]).await?;
    let mut consumer = context.consumer("resume").await?;
    // A message that was on its way to the dropped consumer is redelivered later.
    let incoming = context.next(&mut *consumer).await?;
    let other = match &*text(&incoming)? {
        "2" => "3",
        "3" => "2",
        found => bail!("received `{found}`, expected `2` or `3`"),
    };
    ack(incoming).await?;
    drop(consumer);

    let another = context.another().await?;
    let subscription = context.subscription("resume", &["resume"]);
    let consumer = another.subscribe(&subscription).await;
    let mut consumer = consumer.context("subscribe again")?;
    ack(context.expect(&mut *consumer, other).await?).await?;
    context.expect_no_redelivery(&mut *consumer).await
}

pub(super) async fn returns_messages_of_a_dropped_consumer(
    context: &TestContext<'_>,
) -> Result<()> {
    const COUNT: usize = 30;
    let mut subscription = context.subscription("left", &["left"]);
    subscription.max_in_flight = COUNT;
    let mut consumer = context.subscribe(&subscription).await?;
    context.publish_all("left", numbers(COUNT)).await?;
    let mut acked = BTreeSet::new();
    let mut open = Vec::new();
    for _ in 0..10 {
        let incoming = context.next(&mut *consumer).await?;
        if acked.len() < 5 {
            acked.insert(text(&incoming)?);
            ack(incoming).await?;
        } else {
            open.push(incoming);
        }
    }
    drop(consumer);
    drop(open);

    let mut consumer = context.subscribe(&subscription).await?;
    let mut missing: BTreeSet<String> = numbers(COUNT).filter(|n| !acked.contains(n)).collect();
    while !missing.is_empty() {
        let incoming = context.next(&mut *consumer).await?;
        let found = text(&incoming)?;
        ensure!(
            !acked.contains(&found),
            "`{found}` was acknowledged and redelivered"
        );
        missing.remove(&found);
        ack(incoming).await?;
    }
    context.expect_no_redelivery(&mut *consumer).await
}

pub(super) async fn returns_messages_of_a_closed_consumer(context: &TestContext<'_>) -> Result<()> {
    const COUNT: usize = 20;
    // A redelivery before the timeout shows that the messages were returned.
    let mut subscription = context.patient_subscription("closed");
    subscription.max_in_flight = COUNT;
    let mut consumer = context.subscribe(&subscription).await?;
    context.publish_all("closed", numbers(COUNT)).await?;
    let seen = context.next(&mut *consumer).await?;
    in_time(context.fixture, "close", consumer.close()).await?;

    let mut consumer = context.subscribe(&subscription).await?;
    let first = text(&seen)?;
    let rest = numbers(COUNT).filter(|number| *number != first);
    context.receive_all(&mut *consumer, rest).await?;
    // Messages that the closed consumer delivered can still be settled.
    ack(seen).await?;
    context
        .expect_nothing(&mut *consumer, Duration::from_millis(300))
        .await
}

pub(super) async fn keeps_everything_across_a_restart(context: &TestContext<'_>) -> Result<()> {
    const COUNT: usize = 60;
    let subscription = context.subscription("restart", &["restart"]);
    let mut consumer = context.subscribe(&subscription).await?;
    context.publish_all("restart", numbers(COUNT)).await?;
    let mut acked = BTreeSet::new();
    let mut open = Vec::new();
    for at in 0..30 {
        let incoming = context.next(&mut *consumer).await?;
        match at % 3 {
            0 => nack(incoming, Duration::from_millis(100)).await?,
            1 => open.push(incoming),
            _ => {
                acked.insert(text(&incoming)?);
                ack(incoming).await?;
            }
        }
    }
    let Some(restarted) = context.fixture.restart() else {
        bail!(Skip("the broker cannot be restarted"));
    };
    let restarted = async { restarted.await.map_err(Error::from_boxed) };
    in_time(context.fixture, "restart", restarted).await?;

    // The publisher must reconnect, and a retry must not publish the event twice.
    let late = build(context.event("restart", "late"))?;
    let publish = async || {
        let published = context.transport.publish_event(&late).await;
        published.context("publish after the restart")
    };
    context.retry("publish after the restart", publish).await?;
    // The consumer must reconnect too, or return an error.
    let mut missing: BTreeSet<String> = numbers(COUNT).chain(["late".to_owned()]).collect();
    missing.retain(|number| !acked.contains(number));
    let collect = collect(context, &subscription, consumer, missing, &acked);
    let mut consumer = in_time(context.fixture, "resume after the restart", collect).await?;
    drop(open);
    context.expect_no_redelivery(&mut *consumer).await
}

/// Receives all missing messages, and subscribes again whenever the consumer is lost.
async fn collect(
    context: &TestContext<'_>,
    subscription: &Subscription,
    mut consumer: Box<dyn Consumer>,
    mut missing: BTreeSet<String>,
    acked: &BTreeSet<String>,
) -> Result<Box<dyn Consumer>> {
    while !missing.is_empty() {
        let next = timeout(context.fixture.timeout(), consumer.next()).await;
        match next {
            Err(_) => bail!("lost: {missing:?}"),
            Ok(Ok(None)) => bail!("the consumer has ended"),
            Ok(Ok(Some(incoming))) => {
                let found = text(&incoming)?;
                ensure!(
                    !acked.contains(&found),
                    "`{found}` was acknowledged and redelivered"
                );
                // A message whose acknowledgement was lost is redelivered.
                if incoming.handle.ack().await.is_ok() {
                    missing.remove(&found);
                }
            }
            Ok(Err(_)) => {
                let subscribe = async || {
                    let subscribed = context.transport.subscribe(subscription).await;
                    subscribed.context("subscribe again")
                };
                consumer = context.retry("subscribe again", subscribe).await?;
            }
        }
    }
    Ok(consumer)
}
