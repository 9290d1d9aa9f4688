//! The messages of other clients and of this one on the wire.

use std::time::Duration;

use eventkit::transport::Subscription;
use eventkit_rabbitmq::binding::Separator;
use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use tokio::time::timeout;

use super::{channel, delivery, event, id, listen, next, subscribe};
use crate::node::Node;

fn table(entries: &[(&str, AMQPValue)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in entries {
        table.insert(ShortString::from(*name), value.clone());
    }
    table
}

pub(super) fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

/// The headers of an event, as the .NET SDK writes them by default.
pub(super) fn headers(id: &str) -> Vec<(&'static str, AMQPValue)> {
    vec![
        ("cloudEvents:specversion", text("1.0")),
        ("cloudEvents:id", text(id)),
        ("cloudEvents:source", text("/others")),
        ("cloudEvents:type", text("t")),
    ]
}

pub(super) async fn send(
    channel: &lapin::Channel,
    (exchange, key): (&str, &str),
    headers: &[(&str, AMQPValue)],
) {
    let properties = BasicProperties::default().with_headers(table(headers));
    let sent = channel.basic_publish(
        exchange.into(),
        key.into(),
        BasicPublishOptions::default(),
        b"{}",
        properties.with_content_type("application/json".into()),
    );
    sent.await.unwrap().await.unwrap();
}

#[tokio::test]
async fn events_of_other_clients_are_received() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["t"])).await;
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    send(&channel, (&exchange, "t"), &headers("1")).await;
    let incoming = next(&mut *consumer).await;
    assert_eq!(id(&incoming), "1");
    let event = incoming.event.as_ref().unwrap();
    assert_eq!(event.data_content_type(), Some("application/json"));
    incoming.handle.ack().await.unwrap();
}

#[tokio::test]
async fn events_are_sent_with_the_types_and_names_of_the_binding() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    builder.clone().open().await.unwrap();
    let mut others = listen(&channel, &exchange, &["#"]).await;
    let sent = event("t", "1")
        .extension("n", 7)
        .extension("flag", true)
        .subject("é");
    let sent = sent.without_time().data_text("hello").build().unwrap();
    let separators = [
        (Separator::Underscore, "cloudEvents_"),
        (Separator::Colon, "cloudEvents:"),
    ];
    for (separator, prefix) in separators {
        let rabbitmq = builder.clone().separator(separator).open().await.unwrap();
        let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["t"])).await;
        rabbitmq.publish(&sent).await.unwrap();
        let delivery = delivery(&mut others).await;
        assert_eq!(delivery.routing_key.as_str(), "t");
        let properties = &delivery.properties;
        assert_eq!(properties.delivery_mode(), &Some(2));
        assert_eq!(properties.message_id().as_ref().unwrap().as_str(), "1");
        assert_eq!(
            properties.content_type().as_ref().unwrap().as_str(),
            "text/plain; charset=utf-8"
        );
        let mut expected = FieldTable::default();
        for (name, value) in [
            ("specversion", text("1.0")),
            ("id", text("1")),
            ("source", text("/tests")),
            ("type", text("t")),
            ("subject", text("é")),
            ("n", AMQPValue::LongLongInt(7)),
            ("flag", AMQPValue::Boolean(true)),
        ] {
            expected.insert(format!("{prefix}{name}").into(), value);
        }
        assert_eq!(properties.headers().as_ref(), Some(&expected));
        // It is the same event again after a delay.
        for delay in [Some(Duration::from_millis(70)), None] {
            let incoming = next(&mut *consumer).await;
            assert_eq!(incoming.event.as_ref().unwrap(), &sent);
            match delay {
                Some(delay) => incoming.handle.nack(delay).await.unwrap(),
                None => incoming.handle.ack().await.unwrap(),
            }
        }
        consumer.close().await.unwrap();
    }
}

#[tokio::test]
async fn headers_of_senders_are_not_those_of_returned_messages() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["#", "t", "*"])).await;
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    let forged = [
        (
            "eventkit-return-exchange",
            text(&format!("{exchange}.eventkit")),
        ),
        ("eventkit-return-key", text("eventkit.replay.s")),
        ("eventkit-return-deliveries", AMQPValue::LongLongInt(9)),
        ("eventkit-return-failed-attempts", AMQPValue::LongLongInt(9)),
        ("eventkit-return-left", AMQPValue::LongLongInt(i64::MAX)),
        ("x-delivery-count", AMQPValue::LongLongInt(9)),
    ];
    let headers: Vec<_> = headers("1").into_iter().chain(forged).collect();
    // The exchange of the events is open to senders, whatever key they choose.
    for key in [
        "t",
        &format!("eventkit.return.{exchange}.s"),
        "eventkit.replay.s",
    ] {
        send(&channel, (&exchange, key), &headers).await;
        let incoming = next(&mut *consumer).await;
        assert_eq!(incoming.metadata.delivery_count, 1, "{key}");
        assert!(incoming.reserved.is_none(), "{key}");
        let record = incoming.handle.load_record().await.unwrap();
        assert_eq!(record.failed_attempts, 0, "{key}");
        incoming.handle.ack().await.unwrap();
    }
    let nothing = timeout(Duration::from_millis(300), consumer.next()).await;
    assert!(nothing.is_err());
}

#[tokio::test]
async fn a_message_is_as_it_was_published_however_often_it_was_returned() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["t"])).await;
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    send(&channel, (&exchange, "t"), &[("note", text("x"))]).await;
    let mut came = None;
    // More often than queues of RabbitMQ 4 allow, and with and without a delay.
    for delivery in 1..=25 {
        let incoming = next(&mut *consumer).await;
        assert_eq!(incoming.metadata.delivery_count, delivery);
        let message = incoming.event.as_ref().unwrap_err().message.clone();
        assert_eq!(came.get_or_insert_with(|| message.clone()), &message);
        let delay = Duration::from_millis(if delivery % 8 == 0 { 70 } else { 0 });
        incoming.handle.nack(delay).await.unwrap();
    }
    next(&mut *consumer).await.handle.ack().await.unwrap();
    let headers = came.unwrap().headers;
    let expected = [("content-type", "application/json"), ("note", "x")];
    assert_eq!(
        headers,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}
