//! Checks of which messages a consumer receives, and how many at once.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tokio::time::{sleep, timeout};

use super::context::{
    TestContext, ack, build, ensure_delivery_count, ensure_eq, event, nack, numbers, received, text,
};

pub(super) async fn selects_by_pattern(context: &TestContext<'_>) -> Result<()> {
    let types = [
        "order",
        "order.placed",
        "order.placed.eu",
        "order.x.eu",
        "order..eu",
        "orders",
        "a b.é",
        "a b.é.c",
        "order.%2A",
        "Order.placed",
    ];
    let subscriptions: [(&str, &[&str], &[&str]); 7] = [
        ("exact", &["order.placed"], &["order.placed"]),
        (
            "end",
            &["order.*"],
            &[
                "order.placed",
                "order.placed.eu",
                "order.x.eu",
                "order..eu",
                "order.%2A",
            ],
        ),
        (
            "middle",
            &["order.*.eu"],
            &["order.placed.eu", "order.x.eu"],
        ),
        ("odd", &["a b.é", "a b.é.*"], &["a b.é", "a b.é.c"]),
        (
            "several",
            &["orders", "order", "Order.*"],
            &["order", "orders", "Order.placed"],
        ),
        // Neither pattern covers the other, and both match `order.placed.eu`.
        (
            "crossing",
            &["order.*.eu", "order.placed.*"],
            &["order.placed.eu", "order.x.eu"],
        ),
        ("none", &["else"], &[]),
    ];
    let mut consumers = Vec::new();
    for (name, patterns, expected) in subscriptions {
        let subscription = context.subscription(name, patterns);
        consumers.push((context.subscribe(&subscription).await?, expected));
    }
    for ty in types {
        context.publish_all(ty, [ty]).await?;
    }
    for (mut consumer, expected) in consumers {
        let expected = expected.iter().map(ToString::to_string);
        context.receive_all(&mut *consumer, expected).await?;
        context
            .expect_nothing(&mut *consumer, Duration::from_millis(200))
            .await?;
    }
    Ok(())
}

pub(super) async fn delivers_everything_to_each_subscription(
    context: &TestContext<'_>,
) -> Result<()> {
    let subscriptions = ["one", "two"].map(|name| context.subscription(name, &["a"]));
    let mut one = context.subscribe(&subscriptions[0]).await?;
    let mut two = context.subscribe(&subscriptions[1]).await?;
    context.publish_all("a", numbers(20)).await?;
    context.receive_all(&mut *one, numbers(20)).await?;
    context.receive_all(&mut *two, numbers(20)).await
}

pub(super) async fn delivers_everything_to_prepared_subscriptions(
    context: &TestContext<'_>,
) -> Result<()> {
    let subscriptions = ["early", "late"].map(|name| context.subscription(name, &["announced"]));
    context.transport.prepare(&subscriptions);
    let [early, late] = subscriptions;
    let mut early = context.subscribe(&early).await?;
    context.publish_all("announced", ["0"]).await?;
    ack(context.expect(&mut *early, "0").await?).await?;
    // All open subscriptions have settled the message.
    let mut late = context.subscribe(&late).await?;
    ack(context.expect(&mut *late, "0").await?).await?;
    context.expect_no_redelivery(&mut *early).await
}

pub(super) async fn reports_delivery_count_and_position(context: &TestContext<'_>) -> Result<()> {
    let mut consumer = context.consumer("stand").await?;
    let mut last = None;
    for number in numbers(3) {
        let sent = context.event("stand", &number);
        let published = context.publish(&build(sent)?).await?;
        let incoming = context.expect(&mut *consumer, &number).await?;
        ensure_delivery_count(&incoming, 1)?;
        let position = incoming.metadata.position;
        ensure_eq("the position", &position, &published.position)?;
        ensure!(
            last.is_none() || position > last,
            "received {position:?} after {last:?}"
        );
        last = position;
        nack(incoming, Duration::ZERO).await?;
        let incoming = context.expect(&mut *consumer, &number).await?;
        ensure_delivery_count(&incoming, 2)?;
        let again = incoming.metadata.position;
        ensure_eq("the position at the next delivery", &again, &position)?;
        ack(incoming).await?;
    }
    Ok(())
}

pub(super) async fn loses_nothing_when_next_is_dropped(context: &TestContext<'_>) -> Result<()> {
    const COUNT: usize = 200;
    // A lost message is not redelivered before the timeout.
    let subscription = context.patient_subscription("dropped");
    let mut consumer = context.subscribe(&subscription).await?;
    context.publish_all("dropped", numbers(COUNT)).await?;

    let mut missing: BTreeSet<String> = numbers(COUNT).collect();
    let receive = async {
        let mut polls = 0;
        while !missing.is_empty() {
            polls = polls % 3 + 1;
            // The future is dropped at its first, second or third await.
            match timeout(Duration::from_millis(5), polled(consumer.next(), polls)).await {
                Err(_) => {}
                // Lets other tasks run meanwhile.
                Ok(None) => sleep(Duration::from_millis(1)).await,
                Ok(Some(next)) => {
                    let incoming = received(next)?;
                    ensure!(
                        incoming.metadata.delivery_count == 1,
                        "`{:?}` was lost and redelivered",
                        event(&incoming)
                    );
                    missing.remove(&text(&incoming)?);
                    ack(incoming).await?;
                }
            }
        }
        Ok(())
    };
    let received = timeout(context.fixture.timeout(), receive).await;
    received.unwrap_or_else(|_| bail!("lost: {missing:?}"))
}

/// Polls a future at most `max` times, and then drops it.
async fn polled<F: Future + Unpin>(mut future: F, max: usize) -> Option<F::Output> {
    let mut polls = 0;
    poll_fn(|context| {
        polls += 1;
        match Pin::new(&mut future).poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls >= max => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

pub(super) async fn limits_messages_in_flight(context: &TestContext<'_>) -> Result<()> {
    let mut subscription = context.patient_subscription("flight");
    subscription.max_in_flight = 3;
    let mut consumer = context.subscribe(&subscription).await?;
    context.publish_all("flight", numbers(8)).await?;

    let short = Duration::from_millis(300);
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(context.next(&mut *consumer).await?);
    }
    context.expect_nothing(&mut *consumer, short).await?;
    // Messages that are settled or wait for redelivery do not count as in flight.
    ack(open.remove(0)).await?;
    open.push(context.next(&mut *consumer).await?);
    nack(open.remove(0), Duration::from_hours(1)).await?;
    open.push(context.next(&mut *consumer).await?);
    context.expect_nothing(&mut *consumer, short).await?;
    for incoming in open {
        ack(incoming).await?;
    }
    for _ in 0..3 {
        ack(context.next(&mut *consumer).await?).await?;
    }
    context.expect_nothing(&mut *consumer, short).await
}
