//! The order of messages after lost consumers and restarts.

use std::collections::HashMap;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::jetstream::consumer::pull::Config;
use eventkit::extension::PartitionKey;
use eventkit::transport::{Consumer, Subscription, Transport};
use eventkit::{Dispatcher, Event, Policy, Registry};
use eventkit_nats::Nats;
use eventkit_service::Service;
use eventkit_tests::nats::Server;
use futures_core::Stream;
use tokio::time::{Instant, sleep, timeout};

use super::{PATIENCE, event, next, on, plain};

fn ordered(ack_wait: Duration) -> Subscription {
    let mut subscription = Subscription::new("handler", ["a"]);
    subscription.ack_wait = ack_wait;
    subscription.max_in_flight = 8;
    subscription.keeps_order = true;
    subscription
}

async fn publish(nats: &Nats, ids: std::ops::Range<u32>) {
    for id in ids {
        let event = event("a", &id.to_string()).build().unwrap();
        nats.publish(&event).await.unwrap();
    }
}

/// Receives and acknowledges messages, and returns their ids.
async fn take(consumer: &mut dyn Consumer, count: usize) -> Vec<u32> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let incoming = next(consumer).await;
        ids.push(incoming.event.unwrap().id().parse().unwrap());
        incoming.handle.ack().await.unwrap();
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_lost_consumer_precede_newer_ones() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let subscription = ordered(Duration::from_secs(2));
    nats.subscribe(&subscription)
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    publish(&nats, 0..3).await;
    // This simulates messages that the server has sent into a broken connection.
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let consumer = stream.get_consumer::<Config>("handler").await.unwrap();
    let mut lost = consumer.fetch().max_messages(3).messages().await.unwrap();
    let received = async {
        for _ in 0..3 {
            poll_fn(|context| Pin::new(&mut lost).poll_next(context)).await;
        }
    };
    timeout(PATIENCE, received).await.unwrap();
    publish(&nats, 3..20).await;
    let mut consumer = nats.subscribe(&subscription).await.unwrap();
    let ids = take(&mut *consumer, 20).await;
    assert_eq!(ids, (0..20).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn returned_messages_precede_newer_ones_without_a_wait() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    // This is longer than the test waits.
    let subscription = ordered(PATIENCE * 10);
    let mut consumer = nats.subscribe(&subscription).await.unwrap();
    publish(&nats, 0..20).await;
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(next(&mut *consumer).await);
    }
    for incoming in open {
        incoming.handle.nack(Duration::ZERO).await.unwrap();
    }
    consumer.close().await.unwrap();
    // Another process does not know any of them.
    let other = on(&server).open().await.unwrap();
    let start = Instant::now();
    let mut consumer = other.subscribe(&subscription).await.unwrap();
    let ids = take(&mut *consumer, 20).await;
    assert_eq!(ids, (0..20).collect::<Vec<_>>());
    assert!(start.elapsed() < PATIENCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_in_flight_in_this_process_are_not_waited_for() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let subscription = ordered(PATIENCE * 10);
    let mut consumer = nats.subscribe(&subscription).await.unwrap();
    publish(&nats, 0..2).await;
    let held = [next(&mut *consumer).await, next(&mut *consumer).await];
    drop(consumer);
    let mut consumer = nats.subscribe(&subscription).await.unwrap();
    publish(&nats, 2..5).await;
    assert_eq!(take(&mut *consumer, 3).await, [2, 3, 4]);
    for incoming in held {
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_by_key_holds_while_the_server_is_killed() {
    const COUNT: u32 = 400;
    let Some(mut server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let handled: Arc<Mutex<HashMap<String, Vec<u32>>>> = Arc::default();
    let log = Arc::clone(&handled);
    let registry = Registry::new("tests");
    registry
        .with_name("h")
        .policy(Policy::new().concurrency(4).key("partitionkey"))
        .register_async("t", move |event: Event| {
            let log = Arc::clone(&log);
            async move {
                sleep(Duration::from_millis(5)).await;
                let (key, number) = event.id().split_once('-').unwrap();
                let number = number.parse().unwrap();
                let mut log = log.lock().unwrap();
                let own = log.entry(key.to_owned()).or_default();
                // A single server loses recent acknowledgements when it is killed.
                if !own.contains(&number) {
                    own.push(number);
                }
            }
        });
    let app = Dispatcher::new(&registry).build().unwrap();
    let service = Service::new("tests", &app)
        .transport(nats.clone())
        .ack_wait(Duration::from_secs(2))
        .build()
        .unwrap();
    tokio::spawn(service.run_until(pending()));
    let publishing = {
        let nats = nats.clone();
        tokio::spawn(async move {
            for number in 0..COUNT {
                let name = format!("{}-{number}", number % 4);
                let key = PartitionKey::new(format!("{}", number % 4)).unwrap();
                let event = event("t", &name).typed_extension(&key).build().unwrap();
                while nats.publish(&event).await.is_err() {
                    sleep(Duration::from_millis(20)).await;
                }
            }
        })
    };
    for _ in 0..3 {
        sleep(Duration::from_millis(300)).await;
        server.kill();
        sleep(Duration::from_millis(100)).await;
        server.restart();
    }
    let done = async {
        publishing.await.unwrap();
        let count = || {
            handled
                .lock()
                .unwrap()
                .values()
                .map(Vec::len)
                .sum::<usize>()
        };
        while count() < COUNT as usize {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE * 3, done)
        .await
        .expect("all events should be handled");
    for (key, numbers) in handled.lock().unwrap().iter() {
        assert!(numbers.is_sorted(), "{key}: {numbers:?}");
    }
}
