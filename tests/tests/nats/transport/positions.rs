//! The start position of durable consumers, and where they continue.

use std::time::Duration;

use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use eventkit::event::Timestamp;
use eventkit::transport::{StartPosition, Transport, TransportErrorKind};
use eventkit_tests::nats::Server;
use tokio::time::{sleep, timeout};

use super::{assert_says, event, lost, next, on, plain, subscribe_again, subscription};

use TransportErrorKind::Configuration;

#[tokio::test]
async fn a_subscription_starts_at_its_start_position() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    nats.publish(&event("a", "1").build().unwrap())
        .await
        .unwrap();
    sleep(Duration::from_millis(20)).await;
    let between = Timestamp::now();
    sleep(Duration::from_millis(20)).await;
    nats.publish(&event("a", "2").build().unwrap())
        .await
        .unwrap();
    let starts = [
        (None, "1"),
        (Some(StartPosition::Oldest), "1"),
        (Some(StartPosition::Time(between)), "2"),
        (Some(StartPosition::New), "3"),
    ];
    let mut consumers = Vec::new();
    for (number, (start, first)) in starts.into_iter().enumerate() {
        let mut subscription = subscription("a");
        subscription.name = format!("handler-{number}");
        subscription.start = start;
        consumers.push((nats.subscribe(&subscription).await.unwrap(), first));
        // The first start position stays.
        subscription.start = Some(StartPosition::New);
        drop(nats.subscribe(&subscription).await.unwrap());
    }
    nats.publish(&event("a", "3").build().unwrap())
        .await
        .unwrap();
    for (mut consumer, first) in consumers {
        let incoming = next(&mut *consumer).await;
        assert_eq!(incoming.event.unwrap().id(), first);
    }
}

#[tokio::test]
async fn a_durable_consumer_of_an_operator_that_skips_events_is_refused() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let config = pull::Config {
        durable_name: Some("handler".to_owned()),
        deliver_policy: DeliverPolicy::New,
        filter_subject: "events.a".to_owned(),
        ..pull::Config::default()
    };
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    stream.create_consumer(config).await.unwrap();
    let error = nats.subscribe(&subscription("a")).await.unwrap_err();
    assert_says(
        &error,
        Configuration,
        &["`deliver_policy` is new, expected all"],
    );

    let mut asked = subscription("a");
    asked.start = Some(StartPosition::New);
    nats.subscribe(&asked).await.unwrap();
}

#[tokio::test]
async fn a_deleted_consumer_continues_after_the_last_settled_message() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    for number in 0..10 {
        let event = event("a", &number.to_string()).build().unwrap();
        nats.publish(&event).await.unwrap();
    }
    for _ in 0..6 {
        next(&mut *consumer).await.handle.ack().await.unwrap();
    }
    consumer.close().await.unwrap();
    stream.delete_consumer("handler").await.unwrap();

    // Another process only has the stored record.
    let other = on(&server).open().await.unwrap();
    let mut consumer = other.subscribe(&subscription("a")).await.unwrap();
    let incoming = next(&mut *consumer).await;
    assert_eq!(incoming.event.as_ref().unwrap().id(), "6");
    incoming.handle.ack().await.unwrap();
    let status = other.subscription_status(&subscription("a"));
    assert!(
        status
            .warnings
            .iter()
            .any(|warning| warning.contains("was deleted")),
        "{status:?}"
    );

    // While it runs, also with what the process has seen since.
    while other.subscription_status(&subscription("a")).lag != Some(0) {
        let _ = timeout(Duration::from_millis(50), consumer.next()).await;
    }
    stream.delete_consumer("handler").await.unwrap();
    lost(&mut *consumer).await;
    drop(consumer);
    let mut consumer = subscribe_again(&other, &subscription("a")).await;
    let id: u32 = next(&mut *consumer)
        .await
        .event
        .unwrap()
        .id()
        .parse()
        .unwrap();
    assert_eq!(id, 7);
}

#[tokio::test]
async fn a_deleted_consumer_that_started_with_new_events_skips_old_ones() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    nats.publish(&event("a", "1").build().unwrap())
        .await
        .unwrap();
    let mut subscription = subscription("a");
    subscription.start = Some(StartPosition::New);
    drop(nats.subscribe(&subscription).await.unwrap());
    nats.publish(&event("a", "2").build().unwrap())
        .await
        .unwrap();
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    stream.delete_consumer("handler").await.unwrap();

    let other = on(&server).open().await.unwrap();
    let mut consumer = other.subscribe(&subscription).await.unwrap();
    assert_eq!(next(&mut *consumer).await.event.unwrap().id(), "2");
}

#[tokio::test]
async fn a_recreated_stream_is_read_from_its_first_message() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    for id in ["1", "2", "3"] {
        nats.publish(&event("a", id).build().unwrap())
            .await
            .unwrap();
        next(&mut *consumer).await.handle.ack().await.unwrap();
    }
    consumer.close().await.unwrap();
    plain(&server).await.delete_stream("events").await.unwrap();
    let other = on(&server).open().await.unwrap();
    other
        .publish(&event("a", "4").build().unwrap())
        .await
        .unwrap();
    for nats in [&other, &nats] {
        let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
        let incoming = next(&mut *consumer).await;
        assert_eq!(incoming.event.as_ref().unwrap().id(), "4");
        incoming.handle.nack(Duration::ZERO).await.unwrap();
        consumer.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_recreated_stream_is_read_with_the_patterns_of_this_process() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let consumer = nats.subscribe(&subscription("a")).await.unwrap();
    consumer.close().await.unwrap();
    plain(&server).await.delete_stream("events").await.unwrap();
    let nats = on(&server).open().await.unwrap();
    for (ty, id) in [("b", "1"), ("a", "2")] {
        nats.publish(&event(ty, id).build().unwrap()).await.unwrap();
    }
    let mut both = subscription("a");
    both.patterns.push("b".to_owned());
    let mut consumer = nats.subscribe(&both).await.unwrap();
    for id in ["1", "2"] {
        let incoming = next(&mut *consumer).await;
        assert_eq!(incoming.event.as_ref().unwrap().id(), id);
        incoming.handle.ack().await.unwrap();
    }
}
