//! The order of subscriptions that keep it.

use std::ops::Range;
use std::time::Duration;

use eventkit::transport::{Consumer, Incoming, PublisherExt as _, Subscription, Transport};
use eventkit_rabbitmq::RabbitMq;

use super::{event, id, next, subscribe};
use crate::node::Node;

/// Publishes events of a type with these ids, one after the other.
async fn publish(rabbitmq: &RabbitMq, ty: &str, ids: Range<usize>) {
    for number in ids {
        let event = event(ty, &number.to_string()).build().unwrap();
        rabbitmq.publish(&event).await.unwrap();
    }
}

async fn take(consumer: &mut dyn Consumer, count: usize) -> Vec<Incoming> {
    let mut taken = Vec::new();
    for _ in 0..count {
        taken.push(next(consumer).await);
    }
    taken
}

/// Receives and acknowledges events, which must have these ids in this order.
async fn receive(consumer: &mut dyn Consumer, ids: Range<usize>) {
    for number in ids {
        let incoming = next(consumer).await;
        let event = incoming.event.as_ref().expect("an event");
        assert_eq!(event.id(), number.to_string(), "{}", event.ty());
        incoming.handle.ack().await.unwrap();
    }
}

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
    publish(&rabbitmq, "t", 0..3).await;
    let first = next(&mut *consumer).await;
    assert_eq!(id(&first), "0");
    first.handle.nack(Duration::from_hours(1)).await.unwrap();
    let second = next(&mut *consumer).await;
    assert_eq!(id(&second), "1");
    // The process ends.
    drop((consumer, second));
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    receive(&mut *consumer, 0..3).await;
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
    publish(&rabbitmq, "t", 0..5).await;
    let (first, second) = (next(&mut *consumer).await, next(&mut *consumer).await);
    consumer.close().await.unwrap();
    second.handle.nack(Duration::ZERO).await.unwrap();
    first.handle.nack(Duration::ZERO).await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    receive(&mut *consumer, 0..5).await;
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
    publish(&rabbitmq, "t", 0..6).await;
    let (first, second) = (next(&mut *consumer).await, next(&mut *consumer).await);
    // A service that stops returns what it has before it closes its consumer.
    first.handle.nack(Duration::ZERO).await.unwrap();
    drop(second);
    // The broker would have time to deliver them again.
    rabbitmq.subscriptions().await.unwrap();
    consumer.close().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    receive(&mut *consumer, 0..6).await;
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
        let publishing = publish(&rabbitmq, &ty, 0..COUNT);
        let closing = async {
            let lost = take(&mut *consumer, COUNT / 3).await;
            drop((consumer, lost));
        };
        tokio::join!(publishing, closing);
        let mut consumer = subscribe(&rabbitmq, &subscription).await;
        receive(&mut *consumer, 0..COUNT).await;
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
    publish(&rabbitmq, "t", 0..COUNT).await;
    for incoming in take(&mut *consumer, ACKNOWLEDGED).await {
        incoming.handle.ack().await.unwrap();
    }
    consumer.close().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    receive(&mut *consumer, ACKNOWLEDGED..COUNT).await;
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
        for incoming in take(&mut *consumer, COUNT).await {
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
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    publish(&rabbitmq, "t", 0..1).await;
    let first = next(&mut *consumer).await;
    consumer.close().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    publish(&rabbitmq, "t", 1..10).await;
    receive(&mut *consumer, 1..10).await;
    first.handle.ack().await.unwrap();
}
