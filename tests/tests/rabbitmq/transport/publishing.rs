//! Many messages that are published at the same time, and do not disturb each other.

use eventkit::Event;
use eventkit::transport::{Subscription, Transport, TransportErrorKind};
use eventkit_rabbitmq::RabbitMq;
use tokio::task::JoinSet;

use super::{event, subscribe};
use crate::node::Node;

const CONCURRENCY: usize = 32;
const COUNT: usize = 100;

/// Publishes events of two kinds at the same time.
async fn publish_both(
    rabbitmq: &RabbitMq,
    kinds: [Event; 2],
    check: fn(usize, Result<eventkit::transport::Published, eventkit::transport::TransportError>),
) {
    let mut publishing = JoinSet::new();
    for number in 0..CONCURRENCY {
        let (rabbitmq, kinds) = (rabbitmq.clone(), kinds.clone());
        publishing.spawn(async move {
            for turn in 0..COUNT {
                let kind = (number + turn) % 2;
                check(kind, rabbitmq.publish(&kinds[kind]).await);
            }
        });
    }
    publishing.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unrouted_events_are_told_apart_from_concurrent_ones() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    subscribe(&rabbitmq, &Subscription::new("s", ["taken"])).await;
    let kinds = ["taken", "other"].map(|ty| event(ty, "1").build().unwrap());
    publish_both(&rabbitmq, kinds, |kind, published| {
        assert_eq!(published.unwrap().unrouted, kind == 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_the_broker_refuses_does_not_fail_concurrent_ones() {
    let node = Node::alone();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let _ = node.server().unwrap().control(&[
        "eval",
        "application:set_env(rabbit, max_message_size, 10000).",
    ]);
    let rabbitmq = builder.open().await.unwrap();
    subscribe(&rabbitmq, &Subscription::new("s", ["t"])).await;
    let kinds = [10, 20_000].map(|size| {
        let event = event("t", "1").data_text("x".repeat(size));
        event.build().unwrap()
    });
    publish_both(&rabbitmq, kinds, |kind, published| match published {
        Ok(_) => assert_eq!(kind, 0),
        Err(error) => {
            assert_eq!((kind, error.kind()), (1, TransportErrorKind::Rejected));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queues_of_all_prepared_subscriptions_exist_once_the_first_consumer_is_open() {
    let node = Node::shared();
    let Some((builder, _)) = node.exchange() else {
        return;
    };
    let rabbitmq = builder.open().await.unwrap();
    let types: Vec<String> = (0..12).map(|number| format!("t{number}")).collect();
    let subscriptions: Vec<_> = types.iter().map(|ty| Subscription::new(ty, [ty])).collect();
    rabbitmq.prepare(&subscriptions);
    let mut opening = JoinSet::new();
    for subscription in subscriptions {
        let rabbitmq = rabbitmq.clone();
        opening.spawn(async move { subscribe(&rabbitmq, &subscription).await });
    }
    let _first = opening.join_next().await.unwrap().unwrap();
    for ty in &types {
        let published = rabbitmq.publish(&event(ty, "1").build().unwrap()).await;
        assert!(!published.unwrap().unrouted, "{ty}");
    }
}
