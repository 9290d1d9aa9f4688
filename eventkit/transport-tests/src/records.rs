//! Checks of delivery records.

use std::time::Duration;

use anyhow::{Context, Error, Result};
use eventkit::transport::{Consumer, DeliveryRecord, Incoming, Subscription};

use super::context::{TestContext, ack, ensure_eq, in_time, nack, text};

fn record(failed_attempts: u32) -> DeliveryRecord {
    let mut record = DeliveryRecord::default();
    record.failed_attempts = failed_attempts;
    record.accounted_deliveries = failed_attempts * 2;
    record.suspect_runs = failed_attempts + 5;
    record
}

async fn store(incoming: &Incoming, record: DeliveryRecord) -> Result<()> {
    let stored = incoming.handle.store_record(record).await;
    stored.context("store a record")
}

async fn ensure_record(incoming: &Incoming, expected: DeliveryRecord) -> Result<()> {
    let found = incoming.handle.load_record().await;
    ensure_eq("the record", &found.context("load a record")?, &expected)
}

pub(super) async fn keeps_records_of_deliveries(context: &TestContext<'_>) -> Result<()> {
    let subscription = context.subscription("recorded", &["recorded"]);
    let mut consumer = context.subscribe(&subscription).await?;
    context.publish_all("recorded", ["x"]).await?;
    let incoming = context.expect(&mut *consumer, "x").await?;
    ensure_record(&incoming, DeliveryRecord::default()).await?;
    store(&incoming, record(1)).await?;
    ensure_record(&incoming, record(1)).await?;
    nack(incoming, Duration::ZERO).await?;
    let incoming = context.expect(&mut *consumer, "x").await?;
    ensure_record(&incoming, record(1)).await?;
    store(&incoming, record(2)).await?;
    drop(consumer);
    drop(incoming);

    // Another process must find the record, but no other subscription.
    let other = context.another().await?;
    let consumer = other.subscribe(&subscription).await;
    let mut consumer = consumer.context("subscribe from another process")?;
    let incoming = context.expect(&mut *consumer, "x").await?;
    ensure_record(&incoming, record(2)).await?;
    context.publish_all("recorded", ["y"]).await?;
    let second = context.expect(&mut *consumer, "y").await?;
    ensure_record(&second, DeliveryRecord::default()).await?;
    ack(second).await?;
    // The record must not depend on the consumer.
    drop(consumer);
    store(&incoming, record(3)).await?;
    ensure_record(&incoming, record(3)).await?;
    drop(incoming);
    if let Some(restarted) = context.fixture.restart() {
        let restarted = async { restarted.await.map_err(Error::from_boxed) };
        in_time(context.fixture, "restart", restarted).await?;
    }
    let mut again = Again {
        context,
        subscription: &subscription,
        consumer: None,
    };
    let incoming = context
        .retry("receive the message again", async || again.receive().await)
        .await?;
    ensure_eq("the message", &text(&incoming)?, &"x".to_owned())?;
    ensure_record(&incoming, record(3)).await?;
    ack(incoming).await
}

/// A consumer that is reopened when it is lost.
struct Again<'a> {
    context: &'a TestContext<'a>,
    subscription: &'a Subscription,
    consumer: Option<Box<dyn Consumer>>,
}

impl Again<'_> {
    async fn receive(&mut self) -> Result<Incoming> {
        let mut consumer = if let Some(consumer) = self.consumer.take() {
            consumer
        } else {
            let subscribed = self.context.transport.subscribe(self.subscription);
            subscribed.await.context("subscribe again")?
        };
        let incoming = self.context.next(&mut *consumer).await?;
        self.consumer = Some(consumer);
        Ok(incoming)
    }
}
