//! Messages of hostile or careless senders.

use std::time::Duration;

use eventkit::transport::Subscription;
use lapin::types::{AMQPValue, FieldArray};
use tokio::time::timeout;

use super::wire::{headers, send, text};
use super::{channel, delivery, event, id, listen, next, subscribe};
use crate::node::Node;

#[tokio::test]
async fn additional_routing_keys_of_a_sender_are_dropped_when_its_message_is_returned() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["t"])).await;
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    let reserved = ["eventkit.deadletter.tests", "eventkit.replay.other"];
    let services = format!("{exchange}.eventkit");
    let mut forged = listen(&channel, &services, &reserved).await;
    let keys = || AMQPValue::FieldArray(FieldArray::from(reserved.map(text).to_vec()));
    let routing = [("CC", keys()), ("BCC", keys())];
    let headers: Vec<_> = headers("1").into_iter().chain(routing).collect();
    send(&channel, (&exchange, "t"), &headers).await;
    let incoming = next(&mut *consumer).await;
    let returned = incoming.handle.nack(Duration::from_millis(64));
    returned.await.unwrap();
    let incoming = next(&mut *consumer).await;
    assert_eq!(incoming.metadata.delivery_count, 2);
    incoming.handle.ack().await.unwrap();
    let nothing = timeout(Duration::from_millis(500), delivery(&mut forged)).await;
    assert!(nothing.is_err(), "{nothing:?}");
}

#[tokio::test]
async fn a_message_whose_headers_fill_a_frame_is_returned_without_disturbing_others() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["t"])).await;
    subscribe(&rabbitmq, &Subscription::new("other", ["other"])).await;
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    let long = [("note", text(&"x".repeat(130_700)))];
    let headers: Vec<_> = headers("1").into_iter().chain(long).collect();
    send(&channel, (&exchange, "t"), &headers).await;
    let publishing = tokio::spawn(async move {
        for number in 0..200 {
            let event = event("other", &number.to_string()).build().unwrap();
            rabbitmq.publish(&event).await.unwrap();
        }
    });
    for delivery in 1..=5 {
        let incoming = next(&mut *consumer).await;
        assert_eq!(
            (id(&incoming), incoming.metadata.delivery_count),
            ("1", delivery)
        );
        let returned = incoming.handle.nack(Duration::from_millis(20));
        returned.await.unwrap();
    }
    next(&mut *consumer).await.handle.ack().await.unwrap();
    publishing.await.expect("all are published at once");
}
