//! Objects that operators create, delete or limit.

use std::time::Duration;

use eventkit::transport::{
    Consumer, Incoming, Publisher, RawMessage, StartPosition, Subscription, Transport,
    TransportErrorKind,
};
use eventkit_rabbitmq::RabbitMq;
use eventkit_tests::refusal::chain;
use lapin::options::{
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, ExchangeKind};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, channel, event, id, next, subscribe, until};
use crate::node::Node;

#[tokio::test]
async fn a_queue_with_other_settings_is_refused_with_both_values() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    let name = format!("{exchange}.taken");
    let declared = channel.queue_declare(
        name.clone().into(),
        QueueDeclareOptions::durable(),
        FieldTable::default(),
    );
    declared.await.unwrap();
    let refused = rabbitmq.subscribe(&Subscription::new("taken", ["t"])).await;
    let error = refused.map(drop).unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Configuration);
    // What differs is in the message itself, and is told once.
    let text = error.to_string();
    for expected in [&*name, "x-queue-type", "quorum", "delete it"] {
        assert!(text.contains(expected), "{text}");
    }
    let text = chain(&error);
    assert_eq!(text.matches("inequivalent").count(), 1, "{text}");
}

#[tokio::test]
async fn an_exchange_of_another_kind_is_refused_with_both_kinds() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    let declared = channel.exchange_declare(
        exchange.clone().into(),
        ExchangeKind::Direct,
        ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        },
        FieldTable::default(),
    );
    declared.await.unwrap();
    let rabbitmq = builder.open().await.unwrap();
    let refused = rabbitmq.subscribe(&Subscription::new("s", ["t"])).await;
    let error = refused.map(drop).unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Configuration);
    let text = chain(&error);
    for expected in [&*exchange, "'topic'", "'direct'", "use another exchange"] {
        assert!(text.contains(expected), "{text}");
    }
    assert_eq!(text.matches("inequivalent").count(), 1, "{text}");
}

#[tokio::test]
async fn a_url_that_ends_with_a_slash_is_refused_with_the_virtual_host_to_write() {
    let node = Node::shared();
    let Some(url) = node.url() else {
        return;
    };
    let url = url.replace("/%2f", "/");
    let error = RabbitMq::connect(url).open().await.map(drop).unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Configuration);
    let text = error.to_string();
    assert!(text.contains("written `/%2f`"), "{text}");
}

#[tokio::test]
async fn start_positions_are_refused_before_anything_runs() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut subscription = Subscription::new("s", ["t"]);
    subscription.start = Some(StartPosition::New);
    rabbitmq.check_subscription(&subscription).unwrap();
    subscription.start = Some(StartPosition::Oldest);
    let error = rabbitmq.check_subscription(&subscription).unwrap_err();
    assert!(
        error.to_string().contains("begins with the first event"),
        "{error}"
    );
}

#[tokio::test]
async fn an_event_that_no_queue_selects_is_reported_as_unrouted() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["taken"])).await;
    for (ty, unrouted) in [("taken", false), ("other", true), ("taken.other", true)] {
        let event = event(ty, "1").build().unwrap();
        let published = rabbitmq.publish(&event).await.unwrap();
        assert_eq!(published.unrouted, unrouted, "{ty}");
    }
    next(&mut *consumer).await.handle.ack().await.unwrap();
}

#[tokio::test]
async fn a_queue_that_is_deleted_while_in_use_is_declared_again_and_reported() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let subscription = Subscription::new("s", ["t"]);
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    let queue = format!("{exchange}.s");
    let deleted = channel.queue_delete(queue.into(), QueueDeleteOptions::default());
    deleted.await.unwrap();
    let lost = timeout(PATIENCE, consumer.next())
        .await
        .expect("an error comes");
    let lost = lost.map(drop).unwrap_err();
    assert!(
        lost.is_retriable() && lost.to_string().contains("was deleted"),
        "{lost}"
    );

    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    let status = rabbitmq.subscription_status(&subscription);
    let warnings = status.warnings.join("; ");
    assert!(
        warnings.contains("its unhandled events are lost"),
        "{warnings}"
    );
    rabbitmq
        .publish(&event("t", "1").build().unwrap())
        .await
        .unwrap();
    let incoming = next(&mut *consumer).await;
    assert_eq!(id(&incoming), "1");
    incoming.handle.ack().await.unwrap();
}

#[tokio::test]
async fn channels_that_the_broker_closes_are_not_missed() {
    let node = Node::shared();
    let Some((_, exchange)) = node.exchange() else {
        return;
    };
    let url = format!("{}?channel_max=20", node.url().unwrap());
    let rabbitmq = RabbitMq::connect(url).exchange(&exchange).open().await;
    let rabbitmq = rabbitmq.unwrap();
    let subscription = Subscription::new("s", ["t"]);
    let consumer = subscribe(&rabbitmq, &subscription).await;
    consumer.close().await.unwrap();
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    let deleted = channel.queue_delete(
        format!("{exchange}.s").into(),
        QueueDeleteOptions::default(),
    );
    deleted.await.unwrap();
    // The broker closes the channel of whoever asks for the queue.
    for _ in 0..50 {
        let listed = rabbitmq.subscriptions().await.unwrap().unwrap();
        assert!(listed.is_empty());
    }
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    rabbitmq
        .publish(&event("t", "1").build().unwrap())
        .await
        .unwrap();
    assert_eq!(id(&next(&mut *consumer).await), "1");
}

/// Returns a transport in a virtual host of its own: connections of other tests are in another one.
async fn apart(node: &Node, vhost: &str) -> Option<RabbitMq> {
    let url = node.url()?;
    let _ = control(node, &["add_vhost", vhost]);
    control(
        node,
        &["set_permissions", "-p", vhost, "guest", ".*", ".*", ".*"],
    );
    let rabbitmq = RabbitMq::connect(url.replace("%2f", vhost)).exchange("shop");
    Some(rabbitmq.open().await.unwrap())
}

/// Closes the connection of the declarations in a virtual host.
fn close_administration(node: &Node, vhost: &str) {
    let listed = control(
        node,
        &["list_connections", "pid", "vhost", "client_properties"],
    );
    let own = listed.lines().filter(|line| line.contains(vhost));
    let connections: Vec<_> = own
        .filter(|line| line.contains("eventkit administration"))
        .filter_map(|line| line.split('\t').next())
        .collect();
    assert_eq!(connections.len(), 1, "{listed}");
    control(node, &["close_connection", connections[0], "a test"]);
}

/// Publishes events one after the other, and receives each.
async fn receive(rabbitmq: &RabbitMq, consumer: &mut dyn Consumer, count: usize) -> Vec<Incoming> {
    let mut received = Vec::new();
    for number in 1..=count {
        let event = event("t", &number.to_string()).build().unwrap();
        rabbitmq.publish(&event).await.unwrap();
        received.push(next(consumer).await);
    }
    received
}

/// Limits the number of connections to a virtual host.
fn limit_connections(node: &Node, vhost: &str, max: i32) {
    let limits = format!(r#"{{"max-connections": {max}}}"#);
    control(node, &["set_vhost_limits", "-p", vhost, &limits]);
}

#[tokio::test]
async fn a_lost_connection_of_declarations_leaves_messages_in_flight() {
    let node = Node::shared();
    let vhost = "declarations";
    let Some(rabbitmq) = apart(&node, vhost).await else {
        return;
    };
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["t"])).await;
    let mut in_flight = receive(&rabbitmq, &mut *consumer, 3).await;
    close_administration(&node, vhost);

    // The queue of the delay is declared on a new connection.
    let first = in_flight.remove(0);
    first.handle.nack(Duration::from_millis(200)).await.unwrap();
    let again = next(&mut *consumer).await;
    assert_eq!((id(&again), again.metadata.delivery_count), ("1", 2));
    in_flight.push(again);
    for incoming in in_flight {
        incoming.handle.ack().await.unwrap();
    }
    control(&node, &["delete_vhost", vhost]);
}

#[tokio::test]
async fn messages_are_returned_while_the_connection_of_declarations_is_refused() {
    const COUNT: usize = 40;
    let node = Node::shared();
    let vhost = "refused";
    let Some(rabbitmq) = apart(&node, vhost).await else {
        return;
    };
    let mut subscription = Subscription::new("s", ["t"]);
    subscription.max_in_flight = COUNT;
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    let in_flight = receive(&rabbitmq, &mut *consumer, COUNT).await;
    limit_connections(&node, vhost, 2);
    close_administration(&node, vhost);
    // Each of them needs a queue that is not declared yet, and none waits for the attempts of all others.
    let mut returning = JoinSet::new();
    for incoming in in_flight {
        returning.spawn(async move { incoming.handle.nack(Duration::from_millis(200)).await });
    }
    let returned = timeout(Duration::from_secs(20), returning.join_all()).await;
    for returned in returned.expect("they are returned soon") {
        returned.unwrap();
    }
    for _ in 0..COUNT {
        let again = next(&mut *consumer).await;
        assert_eq!(again.metadata.delivery_count, 2);
        again.handle.ack().await.unwrap();
    }
    // What this process no longer knows is in the status.
    let status = || rabbitmq.subscription_status(&subscription);
    until(|| status().warnings.join("; ").contains("connection limit")).await;
    assert_eq!(status().lag, None);
    limit_connections(&node, vhost, -1);
    until(|| status().warnings.is_empty() && status().lag == Some(0)).await;
    control(&node, &["delete_vhost", vhost]);
}

#[tokio::test]
async fn prepared_queues_are_declared_after_a_limit_of_connections_was_reached() {
    let node = Node::shared();
    let vhost = "limited";
    let Some(rabbitmq) = apart(&node, vhost).await else {
        return;
    };
    let (one, two) = (
        Subscription::new("one", ["t"]),
        Subscription::new("two", ["t"]),
    );
    rabbitmq.prepare(&[one.clone(), two.clone()]);
    limit_connections(&node, vhost, 1);
    let refused = rabbitmq.subscribe(&one).await.map(drop).unwrap_err();
    assert!(refused.is_retriable(), "{}", chain(&refused));
    limit_connections(&node, vhost, -1);
    let _consumer = subscribe(&rabbitmq, &one).await;
    rabbitmq
        .publish(&event("t", "1").build().unwrap())
        .await
        .unwrap();
    let mut consumer = subscribe(&rabbitmq, &two).await;
    assert_eq!(id(&next(&mut *consumer).await), "1");
    control(&node, &["delete_vhost", vhost]);
}

/// Runs `rabbitmqctl`, and returns its output.
fn control(node: &Node, arguments: &[&str]) -> String {
    node.server().unwrap().control(arguments)
}

#[tokio::test]
async fn a_deleted_exchange_is_declared_again() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let event = event("t", "1").build().unwrap();
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["t"])).await;
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    delete_exchange(&channel, &exchange).await;
    let error = rabbitmq.publish(&event).await.unwrap_err();
    assert!(error.is_retriable(), "{error}");
    // The bindings of the subscriptions are back too.
    assert!(!rabbitmq.publish(&event).await.unwrap().unrouted);
    next(&mut *consumer).await.handle.ack().await.unwrap();

    delete_exchange(&channel, &format!("{exchange}.eventkit")).await;
    let raw = RawMessage::new(Vec::new(), "a replay");
    while rabbitmq
        .publish_raw("eventkit.replay.s", &raw)
        .await
        .is_err()
    {}
    let incoming = next(&mut *consumer).await;
    assert!(incoming.reserved.is_some());

    delete_exchange(&channel, &format!("{exchange}.eventkit.delays")).await;
    let returned = incoming.handle.nack(Duration::from_millis(64));
    returned.await.unwrap();
    let incoming = next(&mut *consumer).await;
    assert_eq!(incoming.metadata.delivery_count, 2);
    let exists = channel.exchange_declare(
        format!("{exchange}.eventkit.delays").into(),
        ExchangeKind::Headers,
        ExchangeDeclareOptions {
            passive: true,
            ..ExchangeDeclareOptions::default()
        },
        FieldTable::default(),
    );
    exists.await.unwrap();
}

async fn delete_exchange(channel: &Channel, name: &str) {
    let deleted = channel.exchange_delete(name.into(), ExchangeDeleteOptions::default());
    deleted.await.unwrap();
}

#[tokio::test]
async fn a_deleted_state_stream_is_declared_again_and_followed() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.clone().open().await.unwrap();
    let narrow = Subscription::new("s", ["t"]);
    let mut consumer = subscribe(&rabbitmq, &narrow).await;
    let event = event("t", "1").build().unwrap();
    rabbitmq.publish(&event).await.unwrap();
    let incoming = next(&mut *consumer).await;
    let (_connection, channel) = channel(&node.url().unwrap()).await;
    for attempts in 1..=2 {
        let stream = format!("{exchange}.eventkit.state");
        let deleted = channel.queue_delete(stream.into(), QueueDeleteOptions::default());
        deleted.await.unwrap();
        let mut record = incoming.handle.load_record().await.unwrap();
        record.failed_attempts = attempts;
        incoming.handle.store_record(record).await.unwrap();
    }
    // Another process writes to the new stream, and this one reads that.
    let other = builder.open().await.unwrap();
    let _wide = subscribe(&other, &Subscription::new("s", ["*"])).await;
    super::until(|| rabbitmq.subscription_status(&narrow).superseded).await;
    let record = incoming.handle.load_record().await.unwrap();
    assert_eq!(record.failed_attempts, 2);
}

#[tokio::test]
async fn an_alarm_of_the_broker_blocks_only_publishing_and_is_in_the_status() {
    let node = Node::alone();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder
        .timeout(Duration::from_secs(2))
        .open()
        .await
        .unwrap();
    let subscription = Subscription::new("s", ["t"]);
    let mut consumer = subscribe(&rabbitmq, &subscription).await;
    let event = event("t", "1").build().unwrap();
    for _ in 0..2 {
        rabbitmq.publish(&event).await.unwrap();
    }
    let set = |watermark: &str| {
        let _ = control(&node, &["set_vm_memory_high_watermark", watermark]);
    };
    set("0.00001");
    // The broker notices that its memory is short at intervals.
    let refused = timeout(PATIENCE, async {
        loop {
            match rabbitmq.publish(&event).await {
                Ok(_) => sleep(Duration::from_millis(100)).await,
                Err(error) => break error,
            }
        }
    });
    let refused = refused.await.expect("an alarm");
    assert!(refused.is_retriable(), "{refused}");
    let text = refused.to_string();
    assert!(text.contains("memory or disk alarm"), "{text}");
    let status = rabbitmq.subscription_status(&subscription);
    let warnings = status.warnings.join("; ");
    assert!(warnings.contains("blocks publishing"), "{warnings}");
    // Consumers have a connection of their own. What cannot be returned with a delay stays with its consumer.
    next(&mut *consumer).await.handle.ack().await.unwrap();
    let incoming = next(&mut *consumer).await;
    let returned = incoming.handle.nack(Duration::from_millis(100));
    returned.await.unwrap();
    let again = timeout(PATIENCE, async {
        loop {
            let incoming = next(&mut *consumer).await;
            let deliveries = incoming.metadata.delivery_count;
            incoming.handle.ack().await.unwrap();
            if deliveries == 2 {
                break;
            }
        }
    });
    again.await.expect("it is delivered again");

    set("0.4");
    let published = timeout(PATIENCE, async {
        while rabbitmq.publish(&event).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
    });
    published.await.expect("the alarm ends");
}
