//! Checks of subscriptions that processes of several deployments share.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use eventkit::event::Timestamp;
use eventkit::transport::{Consumer, Incoming, StartPosition, Subscription};
use tokio::time::timeout;

use super::context::{TestContext, ack, ensure_eq, in_time, received};
use super::outcome::Skip;

/// The time within which a message would arrive.
const SHORT: Duration = Duration::from_millis(300);

fn check_durable(context: &TestContext<'_>) -> Result<()> {
    if !context.fixture.has_durable_subscriptions() {
        bail!(Skip("subscriptions do not outlive their process"));
    }
    Ok(())
}

async fn skip(incoming: Incoming) -> Result<()> {
    incoming.handle.skip().await.context("skip")
}

pub(super) async fn skips_only_for_the_latest_selection(context: &TestContext<'_>) -> Result<()> {
    check_durable(context)?;
    let earlier = context.subscription("skip", &["narrow", "spare"]);
    let later = context.subscription("skip", &["narrow", "spare", "wide"]);
    let other = context.another().await?;
    let mut here = context.subscribe(&earlier).await?;
    let there = other.subscribe(&later).await;
    let mut there = there.context("subscribe with a later selection")?;
    let is_superseded = async || {
        let status = context.transport.subscription_status(&earlier);
        ensure!(status.superseded, "the earlier selection is not superseded");
        Ok(())
    };
    let is_known = context.retry("supersede the earlier selection", is_superseded);
    is_known.await?;

    context.publish_all("wide", ["x"]).await?;
    // The transport may deliver the message to the earlier process.
    if let Ok(next) = timeout(SHORT, here.next()).await {
        skip(received(next)?).await?;
    }
    let incoming = in_time(context.fixture, "return skipped messages", async {
        loop {
            tokio::select! {
                next = here.next() => skip(received(next)?).await?,
                next = there.next() => break received(next),
            }
        }
    });
    let incoming = incoming.await?;
    let deliveries = incoming.metadata.delivery_count;
    let record = incoming
        .handle
        .load_record()
        .await
        .context("load a record")?;
    ensure_eq(
        "the number of earlier deliveries that are accounted for",
        &record.accounted_deliveries,
        &(deliveries - 1),
    )?;
    ack(incoming).await?;

    in_time(context.fixture, "close", here.close()).await?;
    context.publish_all("narrow", ["y"]).await?;
    skip(context.expect(&mut *there, "y").await?).await?;
    context.expect_no_redelivery(&mut *there).await
}

pub(super) async fn starts_where_asked(context: &TestContext<'_>) -> Result<()> {
    check_durable(context)?;
    let starting = |name: &str, start: StartPosition| {
        let mut subscription = context.subscription(name, &["start"]);
        subscription.start = Some(start);
        subscription
    };
    let oldest = starting("oldest", StartPosition::Oldest);
    if context.transport.check_subscription(&oldest).is_err() {
        bail!(Skip("the transport has no positions"));
    }
    context.publish_all("start", ["0"]).await?;
    let time = now_between_messages();
    context.publish_all("start", ["1"]).await?;

    let mut oldest = context.subscribe(&oldest).await?;
    let time = starting("time", StartPosition::Time(time));
    let mut time = context.subscribe(&time).await?;
    let new = starting("new", StartPosition::New);
    let mut consumer = context.subscribe(&new).await?;
    context.publish_all("start", ["2"]).await?;
    ack(context.expect(&mut *consumer, "2").await?).await?;
    expect_all(context, &mut *oldest, &["0", "1", "2"]).await?;
    expect_all(context, &mut *time, &["1", "2"]).await?;

    // An existing subscription continues where it stopped.
    in_time(context.fixture, "close", consumer.close()).await?;
    context.publish_all("start", ["3"]).await?;
    let mut consumer = context.subscribe(&new).await?;
    expect_all(context, &mut *consumer, &["3"]).await
}

/// Returns a time between the messages that are already stored and those that follow.
fn now_between_messages() -> Timestamp {
    // Uses the system clock, since that of the runtime may be paused.
    let pause = || thread::sleep(Duration::from_millis(20));
    pause();
    let now = Timestamp::now();
    pause();
    now
}

async fn expect_all(
    context: &TestContext<'_>,
    consumer: &mut dyn Consumer,
    texts: &[&str],
) -> Result<()> {
    for text in texts {
        ack(context.expect(consumer, text).await?).await?;
    }
    context.expect_nothing(consumer, SHORT).await
}

pub(super) async fn continues_under_a_new_name(context: &TestContext<'_>) -> Result<()> {
    check_durable(context)?;
    let before = context.subscription("before", &["renamed"]);
    let mut renamed: Subscription = context.subscription("after", &["renamed"]);
    renamed.formerly = vec!["never-was".to_owned(), before.name.clone()];
    let mut consumer = context.subscribe(&before).await?;
    context.publish_all("renamed", ["0", "1", "2"]).await?;
    ack(context.expect(&mut *consumer, "0").await?).await?;
    in_time(context.fixture, "close", consumer.close()).await?;

    let other = context.another().await?;
    let there = other.subscribe(&renamed).await;
    let mut there = there.context("subscribe under the new name")?;
    expect_all(context, &mut *there, &["1", "2"]).await?;
    if let Some(listed) = context.transport.subscriptions().await? {
        let mut listed = listed.iter();
        let own = listed.find(|own| own.name == renamed.name);
        let is_named = own.is_some_and(|own| own.is_named(&before.name));
        ensure!(is_named, "the subscription is not listed under both names");
    }

    // A process of the earlier deployment shares the messages.
    let mut here = context.subscribe(&before).await?;
    for text in ["3", "4", "5"] {
        context.publish_all("renamed", [text]).await?;
        let next = in_time(context.fixture, "wait for a message", async {
            tokio::select! {
                next = here.next() => received(next),
                next = there.next() => received(next),
            }
        });
        ack(next.await?).await?;
    }
    context.expect_nothing(&mut *here, SHORT).await?;
    context.expect_no_redelivery(&mut *there).await
}
