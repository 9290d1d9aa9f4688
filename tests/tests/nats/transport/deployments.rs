//! Processes of an earlier and a later deployment that share a durable consumer.

use std::collections::BTreeSet;
use std::time::Duration;

use eventkit::transport::{
    Consumer, Incoming, Publisher, RawMessage, Subscription, Transport, TransportErrorKind,
};
use eventkit_nats::Nats;
use eventkit_tests::nats::Server;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, assert_says, event, lost, next, on, plain, subscribe_again};

use TransportErrorKind::Configuration;

/// Returns a subscription. Before server 2.10, its filter is the same for all patterns of these
/// tests.
fn selecting(patterns: &[&str]) -> Subscription {
    let mut subscription = Subscription::new("handler", patterns.iter().copied());
    subscription.ack_wait = Duration::from_secs(1);
    subscription
}

/// Waits until a condition is true, which processes detect by themselves.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !is_so().await {
            sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.expect("the condition should become true");
}

fn id(incoming: &Incoming) -> String {
    incoming.event.as_ref().unwrap().id().to_owned()
}

/// Advances the time at once.
async fn leap(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Lets a consumer run for a moment, and subscribes again if the time jump has broken the
/// connection.
async fn resume(
    nats: &Nats,
    subscription: &Subscription,
    mut consumer: Box<dyn Consumer>,
) -> Box<dyn Consumer> {
    let lost = timeout(Duration::from_millis(400), consumer.next()).await;
    if lost.is_err() {
        return consumer;
    }
    drop(consumer);
    subscribe_again(nats, subscription).await
}

/// Acknowledges the next message of either consumer, and returns its id.
async fn take(one: &mut dyn Consumer, other: &mut dyn Consumer) -> String {
    let incoming = tokio::select! {
        incoming = next(one) => incoming,
        incoming = next(other) => incoming,
    };
    let id = id(&incoming);
    incoming.handle.ack().await.unwrap();
    id
}

async fn publish_all(nats: &Nats, types: &[&str], count: usize) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for number in 0..count {
        let event = event(types[number % types.len()], &number.to_string());
        let event = event.build().unwrap();
        nats.publish(&event).await.unwrap();
        ids.insert(event.id().to_owned());
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_process_does_not_settle_messages_that_a_later_one_selects() {
    let Some(server) = Server::start() else {
        return;
    };
    let (earlier, later) = (
        on(&server).open().await.unwrap(),
        on(&server).open().await.unwrap(),
    );
    let (narrow, wide) = (
        selecting(&["a.b", "a.c"]),
        selecting(&["a.b", "a.c", "a.d"]),
    );
    let mut old = earlier.subscribe(&narrow).await.unwrap();
    // The earlier process has requested as many messages as it may have in flight.
    let idle = timeout(Duration::from_millis(100), old.next()).await;
    assert!(idle.is_err());
    let mut new = later.subscribe(&wide).await.unwrap();

    let mut missing = publish_all(&later, &["a.b", "a.c", "a.d", "a.d"], 80).await;
    while !missing.is_empty() {
        let id = take(&mut *old, &mut *new).await;
        missing.remove(&id);
    }
    until(async || earlier.subscription_status(&narrow).superseded).await;
    assert!(!later.subscription_status(&wide).superseded);
}

#[tokio::test]
async fn only_the_latest_selection_skips_a_message_permanently() {
    let Some(server) = Server::start() else {
        return;
    };
    let (earlier, later) = (
        on(&server).open().await.unwrap(),
        on(&server).open().await.unwrap(),
    );
    let mut filtered = selecting(&["a.b"]);
    let mut old = earlier.subscribe(&filtered).await.unwrap();
    publish_all(&earlier, &["a.b"], 1).await;
    let incoming = next(&mut *old).await;
    // A later deployment has another filter, which may accept messages that this one skips.
    filtered.filter = Some("type = 'x'".to_owned());
    let mut new = later.subscribe(&filtered).await.unwrap();
    incoming.handle.skip().await.unwrap();

    let incoming = tokio::select! {
        incoming = next(&mut *old) => incoming,
        incoming = next(&mut *new) => incoming,
    };
    assert_eq!(incoming.metadata.delivery_count, 2);
    drop(old);
    incoming.handle.nack(Duration::ZERO).await.unwrap();
    next(&mut *new).await.handle.skip().await.unwrap();
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let info = stream.consumer_info("handler").await.unwrap();
    assert_eq!((info.num_ack_pending, info.num_pending), (0, 0));
}

#[tokio::test]
async fn an_earlier_process_that_resubscribes_changes_nothing() {
    let Some(server) = Server::start() else {
        return;
    };
    if !server.is_at_least(2, 10) {
        return;
    }
    let (earlier, later) = (
        on(&server).open().await.unwrap(),
        on(&server).open().await.unwrap(),
    );
    drop(earlier.subscribe(&selecting(&["a.b"])).await.unwrap());
    let _new = later.subscribe(&selecting(&["a.*"])).await.unwrap();
    let _old = earlier.subscribe(&selecting(&["a.b"])).await.unwrap();
    assert!(earlier.subscription_status(&selecting(&["a.b"])).superseded);

    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let info = stream.consumer_info("handler").await.unwrap();
    assert_eq!(info.config.filter_subject, "events.a.>");
}

#[tokio::test]
async fn an_earlier_selection_becomes_the_latest_after_a_rollback() {
    let Some(server) = Server::start() else {
        return;
    };
    let (earlier, later) = (
        on(&server).open().await.unwrap(),
        on(&server).open().await.unwrap(),
    );
    let (narrow, wide) = (
        selecting(&["a.b", "a.c"]),
        selecting(&["a.b", "a.c", "a.d"]),
    );
    let mut old = earlier.subscribe(&narrow).await.unwrap();
    drop(later.subscribe(&wide).await.unwrap());
    drop(later);
    until(async || earlier.subscription_status(&narrow).superseded).await;
    // A long time without observing the state does not count.
    leap(Duration::from_mins(10)).await;
    old = resume(&earlier, &narrow, old).await;
    assert!(earlier.subscription_status(&narrow).superseded);
    // It observes the state for longer than processes of a later selection may be silent.
    for _ in 0..16 {
        leap(Duration::from_secs(20)).await;
        old = resume(&earlier, &narrow, old).await;
    }
    until(async || !earlier.subscription_status(&narrow).superseded).await;

    publish_all(&earlier, &["a.d", "a.b"], 2).await;
    let incoming = next(&mut *old).await;
    assert_eq!(id(&incoming), "1");
    incoming.handle.ack().await.unwrap();
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    until(async || {
        let info = stream.consumer_info("handler").await.unwrap();
        (info.num_ack_pending, info.num_pending) == (0, 0)
    })
    .await;

    // The later selection is the latest again when its process returns.
    let again = on(&server).open().await.unwrap();
    let _new = again.subscribe(&wide).await.unwrap();
    assert!(!again.subscription_status(&wide).superseded);
    until(async || earlier.subscription_status(&narrow).superseded).await;
}

#[tokio::test]
async fn only_the_last_selection_becomes_the_latest_after_a_rollback() {
    let Some(server) = Server::start() else {
        return;
    };
    let patterns = ["a.b", "a.c", "a.d", "a.e"];
    let mut opened = Vec::new();
    for count in 2..=4 {
        let nats = on(&server).open().await.unwrap();
        let subscription = selecting(&patterns[..count]);
        let consumer = nats.subscribe(&subscription).await.unwrap();
        opened.push((nats, subscription, Some(consumer)));
    }
    // The last process has stopped, and two others remain.
    opened.pop();
    let mut superseded = Vec::new();
    for _ in 0..18 {
        leap(Duration::from_secs(20)).await;
        superseded.clear();
        for (nats, subscription, own) in &mut opened {
            let consumer = own.take().expect("a consumer");
            *own = Some(resume(nats, subscription, consumer).await);
            superseded.push(nats.subscription_status(subscription).superseded);
        }
        assert_ne!(
            superseded,
            [false, true],
            "the first process should not take over"
        );
    }
    assert_eq!(superseded, [true, false]);
}

#[tokio::test]
async fn running_processes_learn_of_a_shorter_ack_wait_before_it_applies() {
    let Some(server) = Server::start() else {
        return;
    };
    let (earlier, later) = (
        on(&server).open().await.unwrap(),
        on(&server).open().await.unwrap(),
    );
    let mut subscription = selecting(&["a"]);
    subscription.ack_wait = Duration::from_secs(3);
    let mut old = earlier.subscribe(&subscription).await.unwrap();
    publish_all(&earlier, &["a"], 1).await;
    let incoming = next(&mut *old).await;
    assert_eq!(incoming.handle.ack_wait(), None);
    subscription.ack_wait = Duration::from_millis(600);
    let _new = later.subscribe(&subscription).await.unwrap();

    let stream = plain(&server).await.get_stream("events").await.unwrap();
    until(async || {
        let info = stream.consumer_info("handler").await.unwrap();
        let holds = info.config.ack_wait == subscription.ack_wait;
        let is_known = incoming.handle.ack_wait() == Some(subscription.ack_wait);
        assert!(
            is_known || !holds,
            "the new ack_wait applies before it is known"
        );
        holds
    })
    .await;
}

#[tokio::test]
async fn a_renamed_subscription_continues_under_its_new_name() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let old = selecting(&["a"]);
    let mut consumer = nats.subscribe(&old).await.unwrap();
    publish_all(&nats, &["a"], 3).await;
    next(&mut *consumer).await.handle.ack().await.unwrap();
    consumer.close().await.unwrap();

    let mut renamed = Subscription::new("receipts", ["a"]);
    renamed.ack_wait = old.ack_wait;
    renamed.formerly = vec!["absent".to_owned(), "handler".to_owned()];
    let mut consumer = nats.subscribe(&renamed).await.unwrap();
    let incoming = next(&mut *consumer).await;
    assert_eq!(id(&incoming), "1");
    incoming.handle.ack().await.unwrap();
    consumer.close().await.unwrap();
    let names = |listed: Vec<eventkit::transport::SubscriptionInfo>| {
        listed.into_iter().map(|info| info.name).collect::<Vec<_>>()
    };
    let listed = nats.subscriptions().await.unwrap().unwrap();
    assert_eq!(names(listed), ["receipts"]);

    // The former name may be removed from the list, and then a process that still uses it returns.
    renamed.formerly.clear();
    let other = on(&server).open().await.unwrap();
    let mut consumer = other.subscribe(&renamed).await.unwrap();
    assert_eq!(id(&next(&mut *consumer).await), "2");
    let _earlier = nats.subscribe(&old).await.unwrap();
    let listed = nats.subscriptions().await.unwrap().unwrap();
    assert_eq!(names(listed), ["receipts"]);
    // A new handler must not use the former name.
    let error = nats.subscribe(&selecting(&["b"])).await.unwrap_err();
    assert_says(
        &error,
        Configuration,
        &["`handler` was renamed to `receipts`"],
    );
}

#[tokio::test]
async fn a_renamed_subscription_continues_after_the_state_is_deleted() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    publish_all(&nats, &["a"], 3).await;
    let mut consumer = nats.subscribe(&selecting(&["a"])).await.unwrap();
    for _ in 0..2 {
        next(&mut *consumer).await.handle.ack().await.unwrap();
    }
    consumer.close().await.unwrap();
    let mut renamed = Subscription::new("receipts", ["a"]);
    renamed.ack_wait = Duration::from_secs(1);
    renamed.formerly = vec!["handler".to_owned()];
    drop(nats.subscribe(&renamed).await.unwrap());

    renamed.formerly.clear();
    let other = on(&server).open().await.unwrap();
    let mut consumer = other.subscribe(&renamed).await.unwrap();
    let incoming = next(&mut *consumer).await;
    assert_eq!(id(&incoming), "2");
    incoming.handle.ack().await.unwrap();
    let context = plain(&server).await;
    context.delete_stream("eventkit-events").await.unwrap();
    lost(&mut *consumer).await;
    drop(consumer);
    let mut consumer = subscribe_again(&other, &renamed).await;
    let event = event("a", "new").build().unwrap();
    other.publish(&event).await.unwrap();
    assert_eq!(id(&next(&mut *consumer).await), "new");
    // Other processes know it again.
    let another = on(&server).open().await.unwrap();
    drop(another.subscribe(&renamed).await.unwrap());
    let stream = context.get_stream("events").await.unwrap();
    assert!(stream.consumer_info("receipts").await.is_err());
}

#[tokio::test]
async fn an_earlier_process_returns_replays_to_a_later_name() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let old = selecting(&["a", "eventkit.replay.handler"]);
    let patterns = ["a", "eventkit.replay.receipts", "eventkit.replay.handler"];
    let mut renamed = Subscription::new("receipts", patterns);
    renamed.ack_wait = old.ack_wait;
    renamed.formerly = vec!["handler".to_owned()];
    let mut earlier = nats.subscribe(&old).await.unwrap();
    drop(nats.subscribe(&renamed).await.unwrap());

    // The later deployment is rolled back while it is the latest.
    let replay = RawMessage::new(Vec::new(), "no event");
    nats.publish_raw("eventkit.replay.receipts", &replay)
        .await
        .unwrap();
    let incoming = next(&mut *earlier).await;
    let reserved = incoming.reserved.as_ref().unwrap();
    assert_eq!(reserved.ty, "eventkit.replay.handler");
    incoming.handle.ack().await.unwrap();
    // Messages for other handlers are not affected.
    nats.publish_raw("eventkit.replay.other", &replay)
        .await
        .unwrap();
    let other = timeout(Duration::from_millis(300), earlier.next()).await;
    assert!(other.is_err());
}
