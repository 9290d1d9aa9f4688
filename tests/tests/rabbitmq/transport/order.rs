//! The order of subscriptions that keep it.

use std::time::Duration;

use eventkit::transport::{Subscription, Transport};

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
        let losing = async {
            let mut lost = Vec::new();
            for _ in 0..COUNT / 3 {
                lost.push(next(&mut *consumer).await);
            }
            drop((consumer, lost));
        };
        tokio::join!(publishing, losing);
        let mut consumer = subscribe(&rabbitmq, &subscription).await;
        for number in 0..COUNT {
            let incoming = next(&mut *consumer).await;
            assert_eq!(id(&incoming), number.to_string(), "round {round}");
            incoming.handle.ack().await.unwrap();
        }
    }
}
