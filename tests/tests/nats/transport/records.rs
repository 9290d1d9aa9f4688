//! Delivery records.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use eventkit::transport::{DeliveryRecord, Transport};
use eventkit_tests::nats::Server;
use futures_core::Stream as _;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, event, next, on, plain, subscription};

fn record(failed_attempts: u32) -> DeliveryRecord {
    let mut record = DeliveryRecord::default();
    record.failed_attempts = failed_attempts;
    record.accounted_deliveries = 7;
    record.suspect_runs = 2;
    record
}

/// Returns the number of delivery records. The stream also contains the message of the selection.
async fn stored(server: &Server) -> u64 {
    let mut stream = plain(server)
        .await
        .get_stream("eventkit-events")
        .await
        .unwrap();
    stream.info().await.unwrap().state.messages - 1
}

#[tokio::test]
async fn records_survive_the_server_and_are_deleted_with_their_message() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    for id in ["1", "2", "3"] {
        nats.publish(&event("a", id).build().unwrap())
            .await
            .unwrap();
    }
    for failed_attempts in 1..=3 {
        let incoming = next(&mut *consumer).await;
        let none = incoming.handle.load_record().await.unwrap();
        assert_eq!(none, DeliveryRecord::default());
        incoming.handle.store_record(record(99)).await.unwrap();
        incoming
            .handle
            .store_record(record(failed_attempts))
            .await
            .unwrap();
        incoming.handle.nack(Duration::ZERO).await.unwrap();
    }
    assert_eq!(stored(&server).await, 3);
    drop(consumer);
    server.kill();
    server.restart();

    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    for left in (0..3).rev() {
        let incoming = next(&mut *consumer).await;
        let number = incoming.event.unwrap().id().parse().unwrap();
        assert_eq!(incoming.handle.load_record().await.unwrap(), record(number));
        if left == 0 {
            incoming.handle.terminate().await.unwrap();
        } else {
            incoming.handle.ack().await.unwrap();
        }
        assert_eq!(stored(&server).await, left);
    }
}

#[tokio::test]
async fn records_of_a_crashed_process_are_deleted() {
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
    let (first, second) = (next(&mut *consumer).await, next(&mut *consumer).await);
    first.handle.ack().await.unwrap();
    second.handle.store_record(record(1)).await.unwrap();
    second.handle.nack(Duration::ZERO).await.unwrap();
    // A process may crash between its acknowledgement and the deletion.
    let context = plain(&server).await;
    let left = context.publish("eventkit-events.delivery.handler.1", "{}".into());
    left.await.unwrap().await.unwrap();
    assert_eq!(stored(&server).await, 2);
    consumer.close().await.unwrap();

    let _consumer = nats.subscribe(&subscription("a")).await.unwrap();
    let forgotten = timeout(PATIENCE, async {
        while stored(&server).await != 1 {
            sleep(Duration::from_millis(20)).await;
        }
    });
    forgotten
        .await
        .expect("the record of a settled message should be deleted");
}

/// In a cluster, a server before 2.9.18 that restarts after a purge of some subjects may purge the entire stream, with
/// the selections of all subscriptions.
#[tokio::test]
async fn records_are_deleted_without_a_purge() {
    let Some(server) = Server::start() else {
        return;
    };
    let context = plain(&server).await;
    let client = async_nats::connect(server.url()).await.unwrap();
    let mut purges = client.subscribe("$JS.API.STREAM.PURGE.>").await.unwrap();
    client.flush().await.unwrap();
    let leave_records = async || {
        for sequence in 1..=200 {
            let subject = format!("eventkit-events.delivery.handler.{sequence}");
            let left = context.publish(subject, "{}".into()).await.unwrap();
            left.await.unwrap();
        }
    };
    let until_deleted = async || {
        let deleted = timeout(PATIENCE, async {
            while stored(&server).await != 0 {
                sleep(Duration::from_millis(20)).await;
            }
        });
        deleted.await.expect("the records should be deleted");
    };

    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    for number in 1..=200 {
        let event = event("a", &number.to_string()).build().unwrap();
        nats.publish(&event).await.unwrap();
        let incoming = next(&mut *consumer).await;
        if number == 1 {
            incoming.handle.store_record(record(1)).await.unwrap();
        }
        incoming.handle.ack().await.unwrap();
    }
    until_deleted().await;
    leave_records().await;
    consumer.close().await.unwrap();
    let consumer = nats.subscribe(&subscription("a")).await.unwrap();
    until_deleted().await;

    leave_records().await;
    drop((nats, consumer));
    context.delete_stream("events").await.unwrap();
    let nats = on(&server).open().await.unwrap();
    let _consumer = nats.subscribe(&subscription("a")).await.unwrap();
    until_deleted().await;

    client.flush().await.unwrap();
    let purge = poll_fn(|context| Pin::new(&mut purges).poll_next(context));
    let purge = timeout(Duration::from_millis(100), purge).await;
    assert!(purge.is_err(), "{purge:?}");
}

#[tokio::test]
async fn a_message_that_succeeds_at_once_leaves_no_record() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    let context = plain(&server).await;
    let sequence = async || {
        let mut stream = context.get_stream("eventkit-events").await.unwrap();
        stream.info().await.unwrap().state.last_sequence
    };
    let before = sequence().await;
    for number in 0..50 {
        let event = event("a", &number.to_string()).build().unwrap();
        nats.publish(&event).await.unwrap();
        next(&mut *consumer).await.handle.ack().await.unwrap();
    }
    assert_eq!(sequence().await, before);
}

#[tokio::test]
async fn a_message_that_is_returned_unseen_is_recorded() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let mut consumer = nats.subscribe(&subscription("a")).await.unwrap();
    for number in 0..20 {
        let event = event("a", &number.to_string()).build().unwrap();
        nats.publish(&event).await.unwrap();
    }
    next(&mut *consumer).await.handle.ack().await.unwrap();
    for deliveries in 2..4 {
        consumer.close().await.unwrap();
        consumer = nats.subscribe(&subscription("a")).await.unwrap();
        let incoming = next(&mut *consumer).await;
        assert_eq!(incoming.metadata.delivery_count, deliveries);
        let record = incoming.handle.load_record().await.unwrap();
        assert_eq!(record.accounted_deliveries, deliveries - 1);
        incoming.handle.ack().await.unwrap();
    }
}
