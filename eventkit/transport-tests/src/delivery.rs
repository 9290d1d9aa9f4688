//! What a consumer gets, and how much at once.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::Failure;
use super::trial::{Trial, ack, broken, ensure, event, nack, numbers, refused, text};
use eventkit::transport::Subscription;

pub(super) async fn selects_by_pattern(trial: &Trial<'_>) -> Result<(), Failure> {
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
        // Neither covers the other, and both stand for `order.placed.eu`.
        (
            "crossing",
            &["order.*.eu", "order.placed.*"],
            &["order.placed.eu", "order.x.eu"],
        ),
        ("none", &["else"], &[]),
    ];
    let mut consumers = Vec::new();
    for (name, patterns, expected) in subscriptions {
        let subscription = trial.subscription(name, patterns);
        consumers.push((name, trial.subscribe(&subscription).await?, expected));
    }
    for ty in types {
        trial.publish_all(ty, [ty.to_owned()]).await?;
    }
    for (name, mut consumer, expected) in consumers {
        let mut missing: BTreeSet<&str> = expected.iter().copied().collect();
        while !missing.is_empty() {
            let incoming = trial.next(&mut *consumer).await?;
            let found = text(&incoming)?;
            ensure(missing.remove(&*found), || {
                format!("`{name}` got `{found}`, still expected {missing:?}")
            })?;
            ack(incoming).await?;
        }
        trial
            .expect_nothing(&mut *consumer, Duration::from_millis(200))
            .await?;
    }
    Ok(())
}

pub(super) async fn gives_each_subscription_everything(trial: &Trial<'_>) -> Result<(), Failure> {
    let subscriptions = ["one", "two"].map(|name| trial.subscription(name, &["a"]));
    let mut one = trial.subscribe(&subscriptions[0]).await?;
    let mut two = trial.subscribe(&subscriptions[1]).await?;
    trial.publish_all("a", numbers(20)).await?;
    for consumer in [&mut one, &mut two] {
        let mut missing: BTreeSet<String> = numbers(20).collect();
        while !missing.is_empty() {
            let incoming = trial.next(&mut **consumer).await?;
            missing.remove(&text(&incoming)?);
            ack(incoming).await?;
        }
    }
    Ok(())
}

pub(super) async fn gives_what_is_announced_everything(trial: &Trial<'_>) -> Result<(), Failure> {
    let subscriptions = ["early", "late"].map(|name| trial.subscription(name, &["announced"]));
    trial.transport.prepare(&subscriptions);
    let [early, late] = subscriptions;
    let mut early = trial.subscribe(&early).await?;
    trial.publish_all("announced", ["0".to_owned()]).await?;
    ack(trial.expect(&mut *early, "0").await?).await?;
    // Nobody who is there wants it any more.
    let mut late = trial.subscribe(&late).await?;
    ack(trial.expect(&mut *late, "0").await?).await?;
    trial.expect_nothing(&mut *early, trial.long()).await
}

pub(super) async fn tells_where_messages_stand(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut consumer = trial.consumer("stand").await?;
    let mut last = None;
    for number in numbers(3) {
        let sent = trial.event("stand", &number);
        let published = trial.publish(&super::trial::build(sent)?).await?;
        let incoming = trial.expect(&mut *consumer, &number).await?;
        let info = incoming.metadata;
        ensure(info.delivery_count == 1, || {
            format!("the attempt is {}", info.delivery_count)
        })?;
        ensure(info.position == published.position, || {
            format!(
                "published at {:?}, came from {:?}",
                published.position, info.position
            )
        })?;
        ensure(last.is_none() || info.position > last, || {
            format!("{:?} came after {last:?}", info.position)
        })?;
        last = info.position;
        ack(incoming).await?;
    }
    Ok(())
}

pub(super) async fn loses_nothing_when_next_is_dropped(trial: &Trial<'_>) -> Result<(), Failure> {
    const COUNT: usize = 200;
    let mut subscription = trial.subscription("dropped", &["dropped"]);
    // What were lost would not come again in time.
    subscription.ack_wait = trial.setup.patience() * 10;
    let mut consumer = trial.subscribe(&subscription).await?;
    trial.publish_all("dropped", numbers(COUNT)).await?;

    let mut missing: BTreeSet<String> = numbers(COUNT).collect();
    let receive = async {
        let mut polls = 0;
        while !missing.is_empty() {
            polls = polls % 3 + 1;
            // The future is dropped at the first, second or third place where it waits.
            match timeout(Duration::from_millis(5), polled(consumer.next(), polls)).await {
                Err(_) => {}
                // What goes on beside it gets some time.
                Ok(None) => sleep(Duration::from_millis(1)).await,
                Ok(Some(Ok(Some(incoming)))) => {
                    ensure(incoming.metadata.delivery_count == 1, || {
                        format!("`{:?}` was lost and came again", event(&incoming))
                    })?;
                    missing.remove(&text(&incoming)?);
                    ack(incoming).await?;
                }
                Ok(Some(Ok(None))) => return Err(broken("the consumer has ended")),
                Ok(Some(Err(error))) => return Err(refused("the consumer is lost", &error)),
            }
        }
        Ok(())
    };
    let received = timeout(trial.setup.patience(), receive).await;
    received.unwrap_or_else(|_| Err(broken(format!("lost: {missing:?}"))))
}

/// Polls a future at most so many times, and drops it then.
async fn polled<F: Future + Unpin>(mut future: F, most: usize) -> Option<F::Output> {
    let mut polls = 0;
    poll_fn(|context| {
        polls += 1;
        match Pin::new(&mut future).poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls >= most => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

pub(super) async fn bounds_what_is_in_flight(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut subscription: Subscription = trial.subscription("flight", &["flight"]);
    subscription.max_in_flight = 3;
    subscription.ack_wait = trial.setup.patience() * 10;
    let mut consumer = trial.subscribe(&subscription).await?;
    trial.publish_all("flight", numbers(8)).await?;

    let short = Duration::from_millis(300);
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(trial.next(&mut *consumer).await?);
    }
    trial.expect_nothing(&mut *consumer, short).await?;
    // What is settled or waits for its delay makes room.
    ack(open.remove(0)).await?;
    open.push(trial.next(&mut *consumer).await?);
    nack(open.remove(0), Duration::from_hours(1)).await?;
    open.push(trial.next(&mut *consumer).await?);
    trial.expect_nothing(&mut *consumer, short).await?;
    for incoming in open {
        ack(incoming).await?;
    }
    for _ in 0..3 {
        ack(trial.next(&mut *consumer).await?).await?;
    }
    trial.expect_nothing(&mut *consumer, short).await
}
