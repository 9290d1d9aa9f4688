//! Checks of several consumers of the same subscription.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use eventkit::transport::{Consumer, Subscription, SubscriptionInfo};
use tokio::time::{Instant, timeout};

use super::context::{TestContext, ack, ensure_eq, numbers, received, text};
use super::outcome::Skip;

pub(super) async fn shares_messages_among_consumers_of_one_name(
    context: &TestContext<'_>,
) -> Result<()> {
    let mut subscription = context.patient_subscription("shared");
    subscription.max_in_flight = 1;
    let other = context.another().await?;
    let mut here = context.subscribe(&subscription).await?;
    let there = other.subscribe(&subscription).await;
    let mut there = there.context("subscribe from another process")?;
    context.publish_all("shared", numbers(4)).await?;

    // Each consumer holds one message, so both receive some.
    for _ in 0..2 {
        let (first, second) = (
            context.next(&mut *here).await?,
            context.next(&mut *there).await?,
        );
        let texts = (text(&first)?, text(&second)?);
        ensure!(texts.0 != texts.1, "both received `{}`", texts.0);
        ack(first).await?;
        ack(second).await?;
    }
    let short = Duration::from_millis(300);
    context.expect_nothing(&mut *here, short).await?;
    context.expect_nothing(&mut *there, short).await
}

pub(super) async fn delivers_once_to_concurrent_consumers(context: &TestContext<'_>) -> Result<()> {
    const COUNT: usize = 400;
    // With a short `ack_wait`, a slow test would cause redeliveries.
    let mut subscription = context.patient_subscription("crowd");
    subscription.max_in_flight = 8;
    let mut a = context.subscribe(&subscription).await?;
    let mut b = context.subscribe(&subscription).await?;
    let mut c = context.subscribe(&subscription).await?;
    let mut d = context.subscribe(&subscription).await?;
    let came = RefCell::new(BTreeMap::new());
    tokio::try_join!(
        context.publish_all("crowd", numbers(COUNT)),
        take(context, &mut *a, &came, COUNT),
        take(context, &mut *b, &came, COUNT),
        take(context, &mut *c, &came, COUNT),
        take(context, &mut *d, &came, COUNT),
    )?;
    let came = came.into_inner();
    let twice: Vec<_> = came.iter().filter(|(_, times)| **times > 1).collect();
    ensure!(twice.is_empty(), "received more than once: {twice:?}");
    Ok(())
}

/// Receives and acknowledges messages until all consumers together have received all of them.
async fn take(
    context: &TestContext<'_>,
    consumer: &mut dyn Consumer,
    came: &RefCell<BTreeMap<String, u32>>,
    count: usize,
) -> Result<()> {
    let seen = || came.borrow().len();
    let mut last_received = Instant::now();
    while seen() < count {
        // Another consumer may receive the last message.
        let Ok(next) = timeout(Duration::from_millis(100), consumer.next()).await else {
            let is_late = last_received.elapsed() >= context.fixture.timeout();
            ensure!(!is_late, "received {} of {count}", seen());
            continue;
        };
        last_received = Instant::now();
        let incoming = received(next)?;
        let text = text(&incoming)?;
        ack(incoming).await?;
        *came.borrow_mut().entry(text).or_default() += 1;
    }
    Ok(())
}

pub(super) async fn lists_subscriptions(context: &TestContext<'_>) -> Result<()> {
    let subscription = context.subscription("listed", &["listed"]);
    let mut consumer = context.subscribe(&subscription).await?;
    if context.transport.subscriptions().await?.is_none() {
        bail!(Skip("the transport does not list its subscriptions"));
    }
    context.publish_all("listed", ["0", "1"]).await?;
    let first = context.expect(&mut *consumer, "0").await?;
    expect_info(context, &subscription, true, 2).await?;
    ack(first).await?;
    expect_info(context, &subscription, true, 1).await?;
    consumer.close().await.context("close")?;
    expect_info(context, &subscription, false, 1).await
}

/// Waits until the transport lists a subscription as expected.
async fn expect_info(
    context: &TestContext<'_>,
    subscription: &Subscription,
    has_consumer: bool,
    unsettled: u64,
) -> Result<()> {
    let expected = SubscriptionInfo::new(&subscription.name, has_consumer, unsettled);
    let listed = context.retry("list the subscriptions", async || {
        let listed = context.transport.subscriptions().await?;
        let own = listed.into_iter().flatten();
        let own = own.filter(|own| own.name == subscription.name);
        let own: Vec<SubscriptionInfo> = own.collect();
        ensure_eq(
            "the subscription",
            &own.as_slice(),
            &[expected.clone()].as_slice(),
        )
    });
    listed.await
}
