//! Servers that are killed, frozen and reset while events are in flight.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use eventkit::transport::{Transport, TransportErrorKind};
use eventkit_nats::Storage;
use eventkit_tests::nats::Server;
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, assert_says, event, lost, next, on, plain, subscribe_again, subscription};

use TransportErrorKind::{Configuration, Unavailable};

#[tokio::test(flavor = "multi_thread")]
async fn no_published_event_is_lost_while_the_server_is_killed_repeatedly() {
    const COUNT: usize = 600;
    let Some(mut server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let subscription = subscription("a");
    let published = Arc::new(Mutex::new(BTreeSet::new()));

    let sender = {
        let (nats, published) = (nats.clone(), Arc::clone(&published));
        tokio::spawn(async move {
            for number in 0..COUNT {
                let event = event("a", &format!("{number:03}")).build().unwrap();
                while nats.publish(&event).await.is_err() {
                    sleep(Duration::from_millis(20)).await;
                }
                published.lock().unwrap().insert(event.id().to_owned());
                sleep(Duration::from_millis(2)).await;
            }
        })
    };
    let handled = Arc::new(Mutex::new(BTreeSet::new()));
    let receiver = {
        let (nats, handled) = (nats.clone(), Arc::clone(&handled));
        tokio::spawn(async move {
            let mut consumer = subscribe_again(&nats, &subscription).await;
            while handled.lock().unwrap().len() < COUNT {
                match consumer.next().await {
                    Ok(incoming) => {
                        let incoming = incoming.unwrap();
                        let id = incoming.event.unwrap().id().to_owned();
                        // Handled before it is acknowledged. If the acknowledgement is lost, it is
                        // redelivered.
                        handled.lock().unwrap().insert(id);
                        let _ = incoming.handle.ack().await;
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), Unavailable);
                        consumer = subscribe_again(&nats, &subscription).await;
                    }
                }
            }
        })
    };
    for round in 0..4 {
        sleep(Duration::from_millis(300)).await;
        if round % 2 == 0 {
            server.kill();
        } else {
            server.stop();
        }
        sleep(Duration::from_millis(100)).await;
        server.restart();
    }
    timeout(PATIENCE * 2, sender)
        .await
        .expect("all events should be published")
        .unwrap();
    let done = timeout(PATIENCE * 2, receiver).await;
    let missing: Vec<String> = published
        .lock()
        .unwrap()
        .difference(&handled.lock().unwrap())
        .cloned()
        .collect();
    assert!(missing.is_empty(), "lost: {missing:?}");
    done.expect("all events should be handled").unwrap();
    // Retries have stored no duplicates.
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    assert_eq!(stream.cached_info().state.messages, COUNT as u64);
}

#[tokio::test]
async fn messages_acknowledged_before_a_kill_are_not_redelivered() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let subscription = subscription("a");
    let mut consumer = nats.subscribe(&subscription).await.unwrap();
    for number in 0..10 {
        let event = event("a", &number.to_string()).build().unwrap();
        nats.publish(&event).await.unwrap();
    }
    let mut open = Vec::new();
    for number in 0..10 {
        let incoming = next(&mut *consumer).await;
        if number % 2 == 0 {
            incoming.handle.ack().await.unwrap();
        } else {
            open.push(incoming);
        }
    }
    // A single server stores acknowledgements a moment later.
    sleep(Duration::from_millis(500)).await;
    server.kill();
    server.restart();
    let error = lost(&mut *consumer).await;
    assert_says(
        &error,
        Unavailable,
        &["the consumer `handler` is lost", "connection"],
    );

    let mut consumer = subscribe_again(&nats, &subscription).await;
    let mut missing: BTreeSet<u32> = (0..10).filter(|number| number % 2 == 1).collect();
    while !missing.is_empty() {
        let incoming = next(&mut *consumer).await;
        assert!(incoming.metadata.delivery_count > 1);
        let id: u32 = incoming.event.unwrap().id().parse().unwrap();
        assert!(id % 2 == 1, "{id} was already acknowledged");
        missing.remove(&id);
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test]
async fn a_message_can_be_settled_after_a_restart_of_the_server() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut subscription = subscription("a");
    subscription.ack_wait = PATIENCE;
    let mut consumer = nats.subscribe(&subscription).await.unwrap();
    nats.publish(&event("a", "1").build().unwrap())
        .await
        .unwrap();
    let incoming = next(&mut *consumer).await;
    sleep(Duration::from_millis(500)).await;
    server.kill();
    server.restart();
    lost(&mut *consumer).await;
    drop(consumer);
    let consumer = subscribe_again(&nats, &subscription).await;
    incoming.handle.in_progress().await.unwrap();
    incoming.handle.ack().await.unwrap();

    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let info = stream.consumer_info("handler").await.unwrap();
    assert_eq!((info.num_ack_pending, info.num_pending), (0, 0));
    drop(consumer);
}

#[tokio::test]
async fn settling_without_a_server_is_an_unconfirmed_error() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let nats = on(&server).timeout(Duration::from_millis(300));
    let nats = nats.open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    for id in ["1", "2", "3"] {
        nats.publish(&event("a", id).build().unwrap())
            .await
            .unwrap();
    }
    let (one, two, three) = (
        next(&mut *consumer).await,
        next(&mut *consumer).await,
        next(&mut *consumer).await,
    );
    server.kill();
    let error = one.handle.in_progress().await.unwrap_err();
    assert_says(&error, Unavailable, &["in progress"]);
    let error = one.handle.ack().await.unwrap_err();
    assert_says(&error, Unavailable, &["acknowledge a message"]);
    let error = two.handle.nack(Duration::ZERO).await.unwrap_err();
    assert_says(&error, Unavailable, &["return a message"]);
    let error = three.handle.terminate().await.unwrap_err();
    assert_says(&error, Unavailable, &["terminate a message"]);
}

#[tokio::test]
async fn a_silent_server_is_detected() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).idle_heartbeat(Duration::from_millis(200));
    let nats = nats.open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    // Heartbeats prevent a false detection across several requests for messages.
    let nothing = timeout(Duration::from_secs(3), consumer.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");

    server.freeze();
    let error = lost(&mut *consumer).await;
    assert_says(&error, Unavailable, &["missed idle heartbeat"]);
    drop(consumer);
    server.thaw();

    let mut consumer = subscribe_again(&nats, &subscription("a")).await;
    nats.publish(&event("a", "1").build().unwrap())
        .await
        .unwrap();
    next(&mut *consumer).await.handle.ack().await.unwrap();
}

#[tokio::test]
async fn a_silent_server_is_detected_even_if_the_future_is_often_dropped() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).idle_heartbeat(Duration::from_millis(200));
    let nats = nats.open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    server.freeze();
    let noticed = timeout(PATIENCE, async {
        loop {
            if let Ok(next) = timeout(Duration::from_millis(20), consumer.next()).await {
                return next.unwrap_err();
            }
        }
    });
    let error = noticed.await.expect("the loss should be detected");
    assert_says(&error, Unavailable, &["lost"]);
}

#[tokio::test]
async fn a_deleted_consumer_is_detected_and_recreated() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let stream = plain(&server).await.get_stream("events").await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    nats.publish(&event("a", "1").build().unwrap())
        .await
        .unwrap();
    let kept = next(&mut *consumer).await;

    stream.delete_consumer("handler").await.unwrap();
    let error = lost(&mut *consumer).await;
    assert_says(&error, Unavailable, &["the consumer `handler` is lost"]);
    // No consumer exists to confirm it.
    let error = kept.handle.ack().await.unwrap_err();
    assert_says(&error, Unavailable, &["acknowledge a message"]);

    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    next(&mut *consumer).await.handle.ack().await.unwrap();
}

#[tokio::test]
async fn a_deleted_stream_is_detected() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    plain(&server).await.delete_stream("events").await.unwrap();
    // The missing consumer or the missing stream may be detected first.
    lost(&mut *consumer).await;
    let error = nats.subscribe(&subscription("a")).await.unwrap_err();
    assert_says(&error, Configuration, &["the stream `events` was deleted"]);
}

#[tokio::test]
async fn a_memory_stream_is_recreated_after_a_restart_of_its_server() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let nats = on(&server).storage(Storage::Memory).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    let sent = event("a", "1").build().unwrap();
    for number in 1..=3 {
        let event = event("a", &number.to_string()).build().unwrap();
        nats.publish(&event).await.unwrap();
        next(&mut *consumer).await.handle.ack().await.unwrap();
    }
    // The process reads which events are settled three times in each `ack_wait`.
    sleep(subscription("a").ack_wait).await;
    server.kill();
    server.restart();
    lost(&mut *consumer).await;

    let other = on(&server).storage(Storage::Memory).open().await.unwrap();
    other.publish(&sent).await.unwrap();
    let mut consumer = subscribe_again(&nats, &subscription("a")).await;
    assert_eq!(next(&mut *consumer).await.event.unwrap(), sent);
}

#[tokio::test]
async fn a_dropped_consumer_returns_undelivered_messages_at_once() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut subscription = subscription("a");
    // This is longer than the test waits.
    subscription.ack_wait = PATIENCE * 10;
    let mut consumer = nats.subscribe(&subscription).await.unwrap();
    for number in 0..20 {
        let event = event("a", &number.to_string()).build().unwrap();
        nats.publish(&event).await.unwrap();
    }
    next(&mut *consumer).await.handle.ack().await.unwrap();
    drop(consumer);

    let mut consumer = nats.subscribe(&subscription).await.unwrap();
    let mut missing: BTreeSet<u32> = (1..20).collect();
    while !missing.is_empty() {
        let incoming = next(&mut *consumer).await;
        assert_eq!(incoming.metadata.delivery_count, 2);
        let id = incoming.event.unwrap().id().parse().unwrap();
        assert!(missing.remove(&id), "{id} was delivered twice");
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_returned_by_a_dropped_consumer_are_not_delayed() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut subscription = subscription("a");
    // This is longer than the test waits.
    subscription.ack_wait = PATIENCE * 10;
    nats.publish(&event("a", "1").build().unwrap())
        .await
        .unwrap();
    for _ in 0..100 {
        let mut consumer = nats.subscribe(&subscription).await.unwrap();
        let incoming = next(&mut *consumer).await;
        incoming.handle.nack(Duration::ZERO).await.unwrap();
    }
}

#[tokio::test]
async fn a_closed_client_ends_its_consumers() {
    let Some(server) = Server::start() else {
        return;
    };
    let client = async_nats::connect(server.url()).await.unwrap();
    let nats = eventkit_nats::Nats::from_client(client.clone());
    let nats = nats.open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    client.drain().await.unwrap();
    let error = lost(&mut *consumer).await;
    assert!(
        matches!(error.kind(), TransportErrorKind::Closed | Unavailable),
        "{error:?}"
    );
}

#[tokio::test]
async fn acknowledgements_continue_after_the_end_of_another_runtime() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    for id in ["1", "2"] {
        nats.publish(&event("a", id).build().unwrap())
            .await
            .unwrap();
    }
    let first = next(&mut *consumer).await.handle.ack();
    let other = std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let mut first = first;
        runtime.unwrap().block_on(poll_fn(|context| {
            assert!(first.as_mut().poll(context).is_pending());
            Poll::Ready(())
        }));
    });
    other.join().unwrap();
    let second = next(&mut *consumer).await.handle.ack();
    let confirmed = timeout(PATIENCE, second).await;
    confirmed
        .expect("the confirmation should arrive in time")
        .unwrap();
}
