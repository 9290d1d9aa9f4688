//! Processes of several deployments on one queue.

use std::collections::BTreeMap;
use std::time::Duration;

use eventkit::transport::{Subscription, Transport, TransportErrorKind};
use tokio::time::timeout;

use super::{event, id, next, subscribe};
use crate::node::Node;

#[tokio::test]
async fn a_later_selection_takes_the_bindings_of_the_earlier_one() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let consumer = subscribe(&rabbitmq, &Subscription::new("s", ["a", "b.*"])).await;
    consumer.close().await.unwrap();
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["a", "c"])).await;
    for (ty, unrouted) in [("a", false), ("b.x", true), ("c", false)] {
        let published = rabbitmq.publish(&event(ty, ty).build().unwrap()).await;
        assert_eq!(published.unwrap().unrouted, unrouted, "{ty}");
    }
    for ty in ["a", "c"] {
        let incoming = next(&mut *consumer).await;
        assert_eq!(id(&incoming), ty);
        incoming.handle.ack().await.unwrap();
    }
}

#[tokio::test]
async fn deployments_at_the_same_time_leave_all_bindings_of_the_latest_one() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let [one, two] = [builder.clone().open().await, builder.open().await].map(Result::unwrap);
    for turn in 0..20 {
        let name = format!("s{turn}");
        let ty = |kind: &str| format!("{name}.{kind}");
        let of = |kinds: &[&str]| Subscription::new(&name, kinds.iter().map(|kind| ty(kind)));
        let before = subscribe(&one, &of(&["a", "b", "c"])).await;
        before.close().await.unwrap();
        let later = [of(&["a", "b", "c", "d"]), of(&["a", "e"])];
        let _consumers = tokio::join!(subscribe(&one, &later[0]), subscribe(&two, &later[1]));
        two.subscriptions().await.unwrap();
        let is_superseded = two.subscription_status(&later[1]).superseded;
        let latest = &later[usize::from(!is_superseded)];
        for ty in &latest.patterns {
            let published = one.publish(&event(ty, "1").build().unwrap()).await;
            assert!(!published.unwrap().unrouted, "{ty} of {latest:?}");
        }
    }
}

#[tokio::test]
async fn messages_of_an_earlier_selection_are_skipped() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let consumer = subscribe(&rabbitmq, &Subscription::new("s", ["a", "b"])).await;
    consumer.close().await.unwrap();
    for ty in ["b", "a"] {
        rabbitmq
            .publish(&event(ty, ty).build().unwrap())
            .await
            .unwrap();
    }
    let mut consumer = subscribe(&rabbitmq, &Subscription::new("s", ["a"])).await;
    let incoming = next(&mut *consumer).await;
    assert_eq!(id(&incoming), "a");
    incoming.handle.ack().await.unwrap();
    let nothing = timeout(Duration::from_millis(300), consumer.next()).await;
    assert!(nothing.is_err());
    let listed = rabbitmq.subscriptions().await.unwrap().unwrap();
    assert_eq!(listed[0].unsettled, 0);
}

/// Returns the number of messages in the queues of subscriptions and delays.
fn stored(node: &Node, exchange: &str) -> u64 {
    let queues =
        node.server()
            .unwrap()
            .control(&["list_queues", "--no-table-headers", "name", "messages"]);
    let queues = queues.lines().filter_map(|line| line.split_once('\t'));
    let own = queues.filter(|(name, _)| {
        let name = name.strip_prefix(exchange);
        name.is_some_and(|name| name.starts_with('.') && name != ".eventkit.state")
    });
    own.map(|(_, count)| count.trim().parse::<u64>().unwrap())
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_skipped_while_a_consumer_closes_are_delivered_once() {
    const COUNT: usize = 400;
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let [one, two] = [builder.clone().open().await, builder.open().await].map(Result::unwrap);
    let narrow = Subscription::new("s", ["a"]);
    let wide = Subscription::new("s", ["a", "b"]);
    let mut earlier = subscribe(&one, &narrow).await;
    subscribe(&two, &wide).await.close().await.unwrap();
    for number in 0..COUNT {
        let event = event("b", &number.to_string()).build().unwrap();
        assert!(!two.publish(&event).await.unwrap().unrouted);
        // The earlier deployment returns all of them, some of which it has in hand when it stops.
        if number % 80 == 40 {
            let nothing = timeout(Duration::from_millis(30), earlier.next()).await;
            assert!(nothing.is_err(), "{nothing:?}");
            earlier.close().await.unwrap();
            earlier = subscribe(&one, &narrow).await;
        }
    }
    earlier.close().await.unwrap();
    let mut later = subscribe(&two, &wide).await;
    let mut delivered = BTreeMap::<String, u32>::new();
    loop {
        while let Ok(incoming) = timeout(Duration::from_millis(500), later.next()).await {
            let incoming = incoming.unwrap().unwrap();
            *delivered.entry(id(&incoming).to_owned()).or_default() += 1;
            incoming.handle.ack().await.unwrap();
        }
        if delivered.len() == COUNT && stored(&node, &exchange) == 0 {
            break;
        }
    }
    delivered.retain(|_, count| *count > 1);
    assert!(delivered.is_empty(), "delivered again: {delivered:?}");
}

#[tokio::test]
async fn a_name_that_was_renamed_cannot_be_taken() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let before = Subscription::new("mail", ["a"]);
    subscribe(&rabbitmq, &before).await.close().await.unwrap();
    let mut renamed = Subscription::new("receipt", ["a"]);
    renamed.formerly = vec!["mail".to_owned()];
    subscribe(&rabbitmq, &renamed).await.close().await.unwrap();
    let other = Subscription::new("mail", ["b"]);
    let refused = rabbitmq.subscribe(&other).await.map(drop).unwrap_err();
    assert_eq!(refused.kind(), TransportErrorKind::Configuration);
    assert!(
        refused.to_string().contains("was renamed to `receipt`"),
        "{refused}"
    );
}
