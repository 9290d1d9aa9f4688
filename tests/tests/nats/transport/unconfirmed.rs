//! Unconfirmed acknowledgements, which a program enables explicitly.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventkit::transport::{PublisherExt, Subscription, Transport};
use eventkit::{Event, Registry};
use eventkit_nats::Nats;
use eventkit_tests::nats::Server;
use futures_core::Stream;
use tokio::time::timeout;

use super::service::{start, until};
use super::{PATIENCE, event, next, on, plain, subscription};

async fn publish(nats: &Nats, count: usize) {
    let events = (0..count).map(|number| event("a", &number.to_string()).build().unwrap());
    nats.publish_all(events).await.unwrap();
}

/// Acknowledges events, closes the consumer, and returns how many of the acknowledgements requested
/// a confirmation.
async fn acknowledge(server: &Server, nats: &Nats, subscription: &Subscription) -> usize {
    const COUNT: usize = 100;
    let client = async_nats::connect(server.url()).await.unwrap();
    let mut acks = client.subscribe("$JS.ACK.>").await.unwrap();
    client.flush().await.unwrap();
    publish(nats, COUNT).await;
    let mut consumer = nats.subscribe(subscription).await.unwrap();
    for _ in 0..COUNT {
        next(&mut *consumer).await.handle.ack().await.unwrap();
    }
    consumer.close().await.unwrap();

    let stream = plain(server).await.get_stream("events").await.unwrap();
    let settled = async {
        loop {
            let info = stream.consumer_info(&subscription.name).await.unwrap();
            if info.num_ack_pending == 0 && info.ack_floor.stream_sequence == COUNT as u64 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    // This is before `ack_wait`, so that no message is redelivered.
    let settled = timeout(subscription.ack_wait, settled).await;
    settled.expect("all acknowledgements should reach the server");
    let mut confirmed = 0;
    for _ in 0..COUNT {
        let received = poll_fn(|context| Pin::new(&mut acks).poll_next(context));
        let ack = timeout(PATIENCE, received).await;
        let ack = ack
            .expect("the acknowledgement should arrive in time")
            .unwrap();
        assert_eq!(&ack.payload[..], b"+ACK");
        confirmed += usize::from(ack.reply.is_some());
    }
    confirmed
}

#[tokio::test(flavor = "multi_thread")]
async fn unconfirmed_acknowledgements_reach_the_server_before_the_consumer_is_closed() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).unconfirmed_acks().open().await.unwrap();
    let mut subscription = subscription("a");
    subscription.ack_wait = PATIENCE;
    assert_eq!(acknowledge(&server, &nats, &subscription).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledgements_are_confirmed_by_default_and_for_ordered_events() {
    for (unconfirmed, keeps_order) in [(false, false), (true, true)] {
        let Some(server) = Server::start() else {
            return;
        };
        let builder = on(&server);
        let builder = if unconfirmed {
            builder.unconfirmed_acks()
        } else {
            builder
        };
        let nats = builder.open().await.unwrap();
        let mut subscription = subscription("a");
        subscription.ack_wait = PATIENCE;
        subscription.keeps_order = keeps_order;
        assert_eq!(acknowledge(&server, &nats, &subscription).await, 100);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_unconfirmed_acknowledgements_loses_none_at_shutdown() {
    const COUNT: usize = 600;
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).unconfirmed_acks().open().await.unwrap();
    let handled: Arc<Mutex<BTreeMap<String, u32>>> = Arc::default();
    let registry = Registry::new("tests");
    let log = Arc::clone(&handled);
    let count = move |event: &Event| {
        *log.lock()
            .unwrap()
            .entry(event.id().to_owned())
            .or_default() += 1;
    };
    registry.with_name("count").register("a", count);
    publish(&nats, COUNT).await;
    // Three services, the first two of which are stopped while they work.
    for part in 1..=3 {
        let (handle, running) = start(&registry, &nats).await;
        let enough = COUNT / 3 * part;
        until(|| handled.lock().unwrap().len() >= enough).await;
        handle.stop();
        running.await.unwrap().unwrap();
    }
    let handled = handled.lock().unwrap();
    assert_eq!(handled.len(), COUNT);
    assert!(handled.values().all(|times| *times == 1), "{handled:?}");
}
