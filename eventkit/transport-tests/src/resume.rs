//! What a new consumer finds of what an old one left.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::timeout;

use super::Failure;
use super::trial::{Trial, ack, broken, build, ensure, nack, numbers, refused, text};
use eventkit::transport::Subscription;

pub(super) async fn resumes_where_it_stopped(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut consumer = trial.consumer("resume").await?;
    trial
        .publish_all("resume", ["0".to_owned(), "1".to_owned()])
        .await?;
    for number in numbers(2) {
        ack(trial.expect(&mut *consumer, &number).await?).await?;
    }
    drop(consumer);
    // What comes while nobody is there waits.
    trial
        .publish_all("resume", ["2".to_owned(), "3".to_owned()])
        .await?;
    let mut consumer = trial.consumer("resume").await?;
    ack(trial.expect(&mut *consumer, "2").await?).await?;
    drop(consumer);

    let another = trial.another().await?;
    let subscription = trial.subscription("resume", &["resume"]);
    let consumer = another.subscribe(&subscription).await;
    let mut consumer = consumer.map_err(|error| refused("subscribe anew", &error))?;
    let mut missing = BTreeSet::from(["3".to_owned()]);
    while !missing.is_empty() {
        let incoming = trial.next(&mut *consumer).await?;
        let found = text(&incoming)?;
        ensure(missing.remove(&found), || format!("`{found}` came again"))?;
        ack(incoming).await?;
    }
    trial.expect_nothing(&mut *consumer, trial.long()).await
}

pub(super) async fn gives_back_what_a_dropped_consumer_had(
    trial: &Trial<'_>,
) -> Result<(), Failure> {
    const COUNT: usize = 30;
    let mut subscription = trial.subscription("left", &["left"]);
    subscription.max_in_flight = COUNT;
    let mut consumer = trial.subscribe(&subscription).await?;
    trial.publish_all("left", numbers(COUNT)).await?;
    let mut acked = BTreeSet::new();
    let mut open = Vec::new();
    for _ in 0..10 {
        let incoming = trial.next(&mut *consumer).await?;
        if acked.len() < 5 {
            acked.insert(text(&incoming)?);
            ack(incoming).await?;
        } else {
            open.push(incoming);
        }
    }
    drop(consumer);
    drop(open);

    let mut consumer = trial.subscribe(&subscription).await?;
    let mut missing: BTreeSet<String> = numbers(COUNT).filter(|n| !acked.contains(n)).collect();
    while !missing.is_empty() {
        let incoming = trial.next(&mut *consumer).await?;
        let found = text(&incoming)?;
        ensure(!acked.contains(&found), || {
            format!("`{found}` was acknowledged and came again")
        })?;
        missing.remove(&found);
        ack(incoming).await?;
    }
    trial.expect_nothing(&mut *consumer, trial.long()).await
}

pub(super) async fn gives_back_what_a_closed_consumer_had(
    trial: &Trial<'_>,
) -> Result<(), Failure> {
    const COUNT: usize = 20;
    let mut subscription = trial.subscription("closed", &["closed"]);
    subscription.max_in_flight = COUNT;
    // What comes again in time was given back, and not waited for.
    subscription.ack_wait = trial.setup.patience() * 10;
    let mut consumer = trial.subscribe(&subscription).await?;
    trial.publish_all("closed", numbers(COUNT)).await?;
    let seen = trial.next(&mut *consumer).await?;
    let closed = trial.in_time("close", consumer.close()).await?;
    closed.map_err(|error| refused("close", &error))?;

    let mut consumer = trial.subscribe(&subscription).await?;
    let mut missing: BTreeSet<String> = numbers(COUNT).collect();
    missing.remove(&text(&seen)?);
    while !missing.is_empty() {
        let incoming = trial.next(&mut *consumer).await?;
        let found = text(&incoming)?;
        ensure(missing.remove(&found), || format!("`{found}` came again"))?;
        ack(incoming).await?;
    }
    // What the closed one gave out is settled all the same.
    ack(seen).await?;
    trial
        .expect_nothing(&mut *consumer, Duration::from_millis(300))
        .await
}

pub(super) async fn keeps_everything_through_a_restart(trial: &Trial<'_>) -> Result<(), Failure> {
    const COUNT: usize = 60;
    let subscription = trial.subscription("restart", &["restart"]);
    let mut consumer = trial.subscribe(&subscription).await?;
    trial.publish_all("restart", numbers(COUNT)).await?;
    let mut acked = BTreeMap::new();
    let mut open = Vec::new();
    for at in 0..30 {
        let incoming = trial.next(&mut *consumer).await?;
        match at % 3 {
            0 => nack(incoming, Duration::from_millis(100)).await?,
            1 => open.push(incoming),
            _ => {
                acked.insert(text(&incoming)?, 1);
                ack(incoming).await?;
            }
        }
    }
    let Some(restarted) = trial.setup.restart() else {
        return Err(Failure::NotMade("it cannot be restarted"));
    };
    let restarted = trial.in_time("restart", restarted).await?;
    restarted.map_err(|error| refused("restart", &*error))?;

    // A publisher finds the way back, and does not publish twice what it tries twice.
    let late = build(trial.event("restart", "late"))?;
    let publish = async || {
        let published = trial.transport.publish_event(&late).await;
        published.map_err(|error| refused("publish after the restart", &error))
    };
    trial
        .until_done("publish after the restart", publish)
        .await?;
    // So does a consumer, or it says that it is lost.
    let first_acked: BTreeSet<String> = acked.keys().cloned().collect();
    let mut missing: BTreeSet<String> = numbers(COUNT).chain(["late".to_owned()]).collect();
    missing.retain(|number| !first_acked.contains(number));
    let collect = collect(trial, &subscription, consumer, missing, &first_acked);
    let mut consumer = trial.in_time("resume after the restart", collect).await??;
    drop(open);
    trial.expect_nothing(&mut *consumer, trial.long()).await
}

/// Takes all that is missing, and subscribes anew whenever the consumer is lost.
async fn collect(
    trial: &Trial<'_>,
    subscription: &Subscription,
    mut consumer: Box<dyn eventkit::transport::Consumer>,
    mut missing: BTreeSet<String>,
    acked: &BTreeSet<String>,
) -> Result<Box<dyn eventkit::transport::Consumer>, Failure> {
    while !missing.is_empty() {
        let next = timeout(trial.setup.patience(), consumer.next()).await;
        match next {
            Err(_) => return Err(broken(format!("lost: {missing:?}"))),
            Ok(Ok(None)) => return Err(broken("the consumer has ended")),
            Ok(Ok(Some(incoming))) => {
                let found = text(&incoming)?;
                ensure(!acked.contains(&found), || {
                    format!("`{found}` was acknowledged and came again")
                })?;
                // An acknowledgement may be lost now; then the message comes again.
                if incoming.handle.ack().await.is_ok() {
                    missing.remove(&found);
                }
            }
            Ok(Err(_)) => {
                let subscribe = async || {
                    let subscribed = trial.transport.subscribe(subscription).await;
                    subscribed.map_err(|error| refused("subscribe anew", &error))
                };
                consumer = trial.until_done("subscribe anew", subscribe).await?;
            }
        }
    }
    Ok(consumer)
}
