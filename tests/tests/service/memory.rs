//! The in-memory transport without a service.

use std::time::Duration;

use eventkit::transport::{
    Consumer, Incoming, Publisher, RawMessage, Subscription, Transport, TransportErrorKind,
};
use eventkit_service::memory::{Faults, Memory};
use tokio::time::{Instant, timeout};

use super::event;

async fn subscribe(memory: &Memory, name: &str, pattern: &str) -> Box<dyn Consumer> {
    let subscription = Subscription::new(name, [pattern]);
    memory.subscribe(&subscription).await.unwrap()
}

async fn next(consumer: &mut Box<dyn Consumer>) -> Incoming {
    let next = timeout(Duration::from_hours(1), consumer.next()).await;
    next.expect("a message should arrive within an hour")
        .unwrap()
        .unwrap()
}

/// Returns the id and the delivery count of the next message, and acknowledges it.
async fn take(consumer: &mut Box<dyn Consumer>) -> (String, u32) {
    let incoming = next(consumer).await;
    let id = incoming.event.unwrap().id().to_owned();
    incoming.handle.ack().await.unwrap();
    (id, incoming.metadata.delivery_count)
}

async fn assert_silent(consumer: &mut Box<dyn Consumer>) {
    let next = timeout(Duration::from_hours(1), consumer.next()).await;
    assert!(next.is_err(), "{next:?}");
}

#[tokio::test(start_paused = true)]
async fn each_subscription_gets_matching_events_in_order() {
    let memory = Memory::new();
    let mut orders = subscribe(&memory, "orders", "shop.order.*").await;
    let mut all = subscribe(&memory, "all", "*").await;
    for (ty, id) in [
        ("shop.order.placed", "1"),
        ("shop.paid", "2"),
        ("shop.order.sent", "3"),
    ] {
        memory.publish(&event(ty, id)).await.unwrap();
    }
    assert_eq!(take(&mut orders).await, ("1".into(), 1));
    assert_eq!(take(&mut orders).await, ("3".into(), 1));
    assert_silent(&mut orders).await;
    for id in ["1", "2", "3"] {
        assert_eq!(take(&mut all).await, (id.into(), 1));
    }
    assert!(memory.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unsettled_message_is_redelivered_after_ack_wait() {
    let memory = Memory::new();
    let mut consumer = subscribe(&memory, "s", "t").await;
    memory.publish(&event("t", "1")).await.unwrap();
    let start = Instant::now();
    let first = next(&mut consumer).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    first.handle.in_progress().await.unwrap();
    let second = next(&mut consumer).await;
    assert_eq!(start.elapsed(), Duration::from_secs(50));
    assert_eq!(second.metadata.delivery_count, 2);
    assert!(first.handle.in_progress().await.is_err());
    // The consumer that got it first may still settle it.
    first.handle.ack().await.unwrap();
    assert_silent(&mut consumer).await;
    assert!(memory.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_released_message_is_redelivered_after_its_delay() {
    let memory = Memory::new();
    let mut consumer = subscribe(&memory, "s", "t").await;
    memory.publish(&event("t", "1")).await.unwrap();
    memory.publish(&event("t", "2")).await.unwrap();
    let start = Instant::now();
    let first = next(&mut consumer).await;
    first.handle.nack(Duration::from_secs(90)).await.unwrap();
    assert_eq!(take(&mut consumer).await, ("2".into(), 1));
    assert_eq!(take(&mut consumer).await, ("1".into(), 2));
    assert_eq!(start.elapsed(), Duration::from_secs(90));
}

#[tokio::test(start_paused = true)]
async fn a_consumer_gets_no_more_messages_than_it_requested() {
    let memory = Memory::new();
    let mut subscription = Subscription::new("s", ["t"]);
    subscription.max_in_flight = 2;
    let mut consumer = memory.subscribe(&subscription).await.unwrap();
    let mut other = memory.subscribe(&subscription).await.unwrap();
    for id in ["1", "2", "3", "4"] {
        memory.publish(&event("t", id)).await.unwrap();
    }
    let (first, _second) = (next(&mut consumer).await, next(&mut consumer).await);
    let third = timeout(Duration::from_secs(1), consumer.next()).await;
    assert!(third.is_err());
    assert_eq!(take(&mut other).await.0, "3");
    first.handle.ack().await.unwrap();
    assert_eq!(take(&mut consumer).await.0, "4");
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_waits_for_capacity_is_woken_by_a_settlement() {
    let memory = Memory::new();
    let mut subscription = Subscription::new("s", ["t"]);
    subscription.max_in_flight = 1;
    let mut consumer = memory.subscribe(&subscription).await.unwrap();
    for id in ["1", "2", "3"] {
        memory.publish(&event("t", id)).await.unwrap();
    }
    let start = Instant::now();
    let first = next(&mut consumer).await;
    // It waits for the settlement while other consumers request messages.
    let settle = async { first.handle.ack().await.unwrap() };
    let (second, ()) = tokio::join!(next(&mut consumer), settle);
    subscription.max_in_flight = 2;
    let open = async { drop(memory.subscribe(&subscription).await.unwrap()) };
    let (third, ()) = tokio::join!(next(&mut consumer), open);
    let id = |incoming: &Incoming| incoming.event.as_ref().unwrap().id().to_owned();
    assert_eq!([id(&second), id(&third)], ["2", "3"]);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_restart_closes_consumers_but_keeps_messages() {
    let memory = Memory::new();
    let mut consumer = subscribe(&memory, "s", "t").await;
    memory.publish(&event("t", "1")).await.unwrap();
    memory.publish(&event("t", "2")).await.unwrap();
    let first = next(&mut consumer).await;
    memory.close();
    let kind = consumer.next().await.unwrap_err().kind();
    assert_eq!(kind, TransportErrorKind::Unavailable);
    assert!(first.handle.ack().await.is_err());
    assert!(memory.publish(&event("t", "3")).await.is_err());
    assert!(
        memory
            .subscribe(&Subscription::new("s", ["t"]))
            .await
            .is_err()
    );
    memory.reopen();
    assert!(consumer.next().await.is_err());
    let mut consumer = subscribe(&memory, "s", "t").await;
    assert_eq!(take(&mut consumer).await, ("1".into(), 2));
    assert_eq!(take(&mut consumer).await, ("2".into(), 1));
}

#[tokio::test(start_paused = true)]
async fn an_event_is_stored_once_unless_deduplication_is_disabled() {
    let memory = Memory::new();
    let mut consumer = subscribe(&memory, "s", "t").await;
    assert!(!memory.publish(&event("t", "1")).await.unwrap().duplicate);
    assert!(memory.publish(&event("t", "1")).await.unwrap().duplicate);
    take(&mut consumer).await;
    assert!(memory.publish(&event("t", "1")).await.unwrap().duplicate);
    assert_silent(&mut consumer).await;

    let memory = Memory::builder().dedup_capacity(0).build();
    memory.publish(&event("t", "1")).await.unwrap();
    assert!(!memory.publish(&event("t", "1")).await.unwrap().duplicate);
    assert_eq!(memory.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_full_store_rejects_messages_and_keeps_all_others() {
    let memory = Memory::builder().capacity(2).build();
    let mut consumer = subscribe(&memory, "s", "t").await;
    memory.publish(&event("t", "1")).await.unwrap();
    memory.publish(&event("t", "2")).await.unwrap();
    let error = memory.publish(&event("t", "3")).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Unavailable);
    assert_eq!(
        error.to_string(),
        "the store is full: it contains 2 messages"
    );
    take(&mut consumer).await;
    memory.publish(&event("t", "3")).await.unwrap();
    assert_eq!(take(&mut consumer).await.0, "2");
    assert_eq!(take(&mut consumer).await.0, "3");
}

#[tokio::test(start_paused = true)]
async fn an_unmatched_message_waits_for_a_later_subscription() {
    let memory = Memory::new();
    for at in 0..1_500 {
        memory.publish(&event("t", at.to_string())).await.unwrap();
    }
    assert_eq!(memory.len(), 1_000);
    let mut consumer = subscribe(&memory, "s", "t").await;
    assert_eq!(take(&mut consumer).await.0, "500");
}

#[tokio::test(start_paused = true)]
async fn a_raw_message_is_an_event_or_is_delivered_unchanged() {
    let memory = Memory::new();
    let mut consumer = subscribe(&memory, "s", "place").await;
    let body = r#"{"specversion":"1.0","id":"1","source":"/s","type":"elsewhere"}"#;
    let json = (
        "content-type".to_owned(),
        "application/cloudevents+json".to_owned(),
    );
    memory
        .publish_raw("place", &RawMessage::new(vec![json], body))
        .await
        .unwrap();
    let poison = RawMessage::new(vec![("kopf\u{7f}".into(), "x".into())], vec![0xff, 0x00]);
    memory.publish_raw("place", &poison).await.unwrap();
    assert_eq!(next(&mut consumer).await.event.unwrap().ty(), "elsewhere");
    let undecodable = next(&mut consumer).await.event.unwrap_err();
    assert_eq!(undecodable.message, poison);
}

#[tokio::test(start_paused = true)]
async fn a_pattern_that_cannot_match_is_refused() {
    let subscription = Subscription::new("s", ["shop.or*"]);
    let error = Memory::new().subscribe(&subscription).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Configuration);
}

/// Publishes and consumes under faults until all messages are acknowledged, and returns all ids in
/// the order of their delivery.
async fn run_under(faults: Faults) -> Vec<String> {
    let memory = Memory::builder().faults(faults).build();
    let mut consumer = subscribe(&memory, "s", "t").await;
    for id in 0..100 {
        while memory.publish(&event("t", id.to_string())).await.is_err() {}
    }
    let mut seen = Vec::new();
    while !memory.is_empty() {
        let Ok(Some(incoming)) = consumer.next().await else {
            consumer = subscribe(&memory, "s", "t").await;
            continue;
        };
        seen.push(incoming.event.unwrap().id().to_owned());
        let _ = incoming.handle.ack().await;
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn faults_do_not_lose_messages_and_are_the_same_for_a_seed() {
    let faults = |seed| {
        Faults::seeded(seed)
            .duplicate(0.1)
            .reorder(0.3)
            .delay(0.2, Duration::from_mins(1))
            .drop_ack(0.1)
            .crash_before_ack(0.05)
            .refuse_publish(0.1)
            .lose_confirmation(0.05)
            .disconnect(0.02)
    };
    let seen = run_under(faults(1)).await;
    for id in 0..100 {
        assert!(seen.contains(&id.to_string()), "{id} was lost");
    }
    assert!(seen.len() > 100);
    assert!(!seen.iter().map(|id| id.parse::<u32>().unwrap()).is_sorted());
    assert_eq!(run_under(faults(1)).await, seen);
    assert_ne!(run_under(faults(2)).await, seen);
}
