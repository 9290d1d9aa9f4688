//! The order of subscriptions that keep it.

use std::time::Duration;

use eventkit::transport::{PublisherExt as _, Subscription, Transport};

use super::{event, id, next, subscribe};
use crate::node::Node;

#[tokio::test]
async fn a_waiting_message_is_not_in_flight_and_keeps_its_place_after_a_loss() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut subscription = Subscription::new("s", ["t"]);
    subscription.keeps_order = true;
    subscription.max_in_flight = 1;
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    for number in 0..3 {
        let event = event("t", &number.to_string()).build().unwrap();
        rabbitmq.publish(&event).await.unwrap();
    }
    let first = next(&mut *consumer).await;
    assert_eq!(id(&first), "0");
    first.handle.nack(Duration::from_hours(1)).await.unwrap();
    let second = next(&mut *consumer).await;
    assert_eq!(id(&second), "1");
    // The process ends.
    drop((consumer, second));
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    for number in 0..3 {
        let incoming = next(&mut *consumer).await;
        assert_eq!(id(&incoming), number.to_string());
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test]
async fn messages_that_are_released_on_close_precede_undelivered_ones() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut subscription = Subscription::new("s", ["t"]);
    subscription.keeps_order = true;
    subscription.max_in_flight = 2;
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    for number in 0..5 {
        let event = event("t", &number.to_string()).build().unwrap();
        rabbitmq.publish(&event).await.unwrap();
    }
    let (first, second) = (next(&mut *consumer).await, next(&mut *consumer).await);
    consumer.close().await.unwrap();
    second.handle.nack(Duration::ZERO).await.unwrap();
    first.handle.nack(Duration::ZERO).await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    for number in 0..5 {
        let incoming = next(&mut *consumer).await;
        assert_eq!(id(&incoming), number.to_string());
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_released_before_a_consumer_closes_keeps_its_place_too() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut subscription = Subscription::new("s", ["t"]);
    subscription.keeps_order = true;
    subscription.max_in_flight = 3;
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    for number in 0..6 {
        let event = event("t", &number.to_string()).build().unwrap();
        rabbitmq.publish(&event).await.unwrap();
    }
    let (first, second) = (next(&mut *consumer).await, next(&mut *consumer).await);
    // A service that stops returns what it has before it closes its consumer.
    first.handle.nack(Duration::ZERO).await.unwrap();
    drop(second);
    // The broker would have time to deliver them again.
    rabbitmq.subscriptions().await.unwrap();
    consumer.close().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    for number in 0..6 {
        let incoming = next(&mut *consumer).await;
        assert_eq!(id(&incoming), number.to_string());
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test]
async fn messages_that_are_sent_while_a_consumer_closes_keep_their_place() {
    const ROUNDS: usize = 10;
    const COUNT: usize = 30;
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    for round in 0..ROUNDS {
        let ty = format!("t.{round}");
        let mut subscription = Subscription::new(format!("s-{round}"), [&*ty]);
        subscription.keeps_order = true;
        let mut consumer = subscribe(&rabbitmq, &subscription).await;
        let publishing = async {
            for number in 0..COUNT {
                let event = event(&ty, &number.to_string()).build().unwrap();
                rabbitmq.publish(&event).await.unwrap();
            }
        };
        let closing = async {
            let mut lost = Vec::new();
            for _ in 0..COUNT / 3 {
                lost.push(next(&mut *consumer).await);
            }
            drop((consumer, lost));
        };
        tokio::join!(publishing, closing);
        let mut consumer = subscribe(&rabbitmq, &subscription).await;
        for number in 0..COUNT {
            let incoming = next(&mut *consumer).await;
            assert_eq!(id(&incoming), number.to_string(), "round {round}");
            incoming.handle.ack().await.unwrap();
        }
    }
}

#[tokio::test]
async fn messages_of_a_closed_consumer_precede_those_in_the_queue() {
    const ACKNOWLEDGED: usize = 100;
    // More than the prefetch of the consumer, 1,100, even when these are acknowledged.
    const COUNT: usize = 1_500;
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut subscription = Subscription::new("s", ["t"]);
    subscription.keeps_order = true;
    subscription.max_in_flight = ACKNOWLEDGED;
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    for number in 0..COUNT {
        let event = event("t", &number.to_string()).build().unwrap();
        rabbitmq.publish(&event).await.unwrap();
    }
    let mut received = Vec::new();
    for _ in 0..ACKNOWLEDGED {
        received.push(next(&mut *consumer).await);
    }
    for incoming in received {
        incoming.handle.ack().await.unwrap();
    }
    consumer.close().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    for number in ACKNOWLEDGED..COUNT {
        let incoming = next(&mut *consumer).await;
        assert_eq!(id(&incoming), number.to_string());
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test]
async fn acknowledged_messages_are_not_redelivered_after_a_close() {
    const COUNT: usize = 1_000;
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut subscription = Subscription::new("s", ["t"]);
    subscription.keeps_order = true;
    subscription.max_in_flight = COUNT;
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    for round in 0..4 {
        let ids = (0..COUNT).map(|number| format!("{round}-{number}"));
        let events = ids.map(|id| event("t", &id).build().unwrap());
        rabbitmq.publish_all(events).await.unwrap();
        let mut received = Vec::new();
        for _ in 0..COUNT {
            received.push(next(&mut *consumer).await);
        }
        for incoming in received {
            assert!(id(&incoming).starts_with(&format!("{round}-")));
            incoming.handle.ack().await.unwrap();
        }
        consumer.close().await.unwrap();
        consumer = subscribe(&rabbitmq, &subscription).await;
    }
}

#[tokio::test]
async fn a_closed_consumer_with_a_message_in_flight_receives_no_others() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut subscription = Subscription::new("s", ["t"]);
    subscription.keeps_order = true;
    let publish = async |number: u32| {
        let event = event("t", &number.to_string()).build().unwrap();
        rabbitmq.publish(&event).await.unwrap();
    };
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    publish(0).await;
    let first = next(&mut *consumer).await;
    consumer.close().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    for number in 1..10 {
        publish(number).await;
    }
    for number in 1..10 {
        let incoming = next(&mut *consumer).await;
        assert_eq!(id(&incoming), number.to_string());
        incoming.handle.ack().await.unwrap();
    }
    first.handle.ack().await.unwrap();
}
