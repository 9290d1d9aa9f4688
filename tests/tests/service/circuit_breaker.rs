//! Circuit breakers pause a handler that always fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventkit::{Event, Policy};
use eventkit_service::SubscriptionState;
use tokio::time::sleep;

use super::event;
use super::harness::TestHarness;

#[tokio::test(start_paused = true)]
async fn no_attempt_is_counted_while_the_circuit_breaker_is_open() {
    let harness = TestHarness::new();
    let works = Arc::new(AtomicBool::new(false));
    let (log, mended) = (harness.log.clone(), Arc::clone(&works));
    let policy = Policy::new()
        .concurrency(1)
        .attempts(10)
        .circuit_breaker(3, Duration::from_mins(10));
    harness
        .registry
        .with_name("h")
        .policy(policy)
        .register("t", move |event: &Event| {
            log.note(event.id());
            if mended.load(Ordering::Relaxed) {
                Ok(())
            } else {
                Err("down")
            }
        });
    let service = harness.start().await;
    for id in 0..20 {
        harness.publish(&event("t", id.to_string())).await;
    }
    let paused = |health: &eventkit_service::Health| {
        health.subscriptions[0].state == SubscriptionState::Paused
    };
    service.handle.wait_for(paused).await;
    sleep(Duration::from_secs(500)).await;
    assert_eq!(harness.log.lines().len(), 3);
    // After the reset timeout, one event is attempted, and fails.
    sleep(Duration::from_secs(200)).await;
    assert_eq!(harness.log.lines().len(), 4);
    works.store(true, Ordering::Relaxed);
    harness.drained().await;
    let counters = service.handle.health().counters();
    assert_eq!((counters.succeeded, counters.dead_lettered), (20, 0));
    assert_eq!(counters.retried, 4);
    assert_eq!(
        service.handle.health().subscriptions[0].state,
        SubscriptionState::Running
    );
}

#[tokio::test(start_paused = true)]
async fn a_paused_service_shuts_down_at_once() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().circuit_breaker(1, Duration::from_mins(10)))
        .register("t", move |event: &Event| {
            log.note(event.id());
            Err::<(), _>("down")
        });
    let service = harness.start().await;
    for id in 0..5 {
        harness.publish(&event("t", id.to_string())).await;
    }
    sleep(Duration::from_mins(1)).await;
    let start = tokio::time::Instant::now();
    service.stop().await;
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(harness.memory.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn malformed_events_do_not_open_the_circuit_breaker() {
    #[derive(Debug, serde::Serialize, serde::Deserialize, eventkit::CloudEvent)]
    #[cloudevent(type = "t", source = "/s")]
    struct Strict {
        number: u8,
    }
    let harness = TestHarness::new();
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().circuit_breaker(2, Duration::from_hours(1)))
        .register_typed(|_: &Strict| ());
    let service = harness.start().await;
    for id in 0..20 {
        harness.publish(&event("t", id.to_string())).await;
    }
    harness.dead(20).await;
    assert_eq!(
        service.handle.health().subscriptions[0].state,
        SubscriptionState::Running
    );
}

#[tokio::test(start_paused = true)]
async fn last_attempts_count_towards_the_circuit_breaker() {
    let harness = TestHarness::new();
    harness
        .registry
        .with_name("h")
        .policy(
            Policy::new()
                .attempts(1)
                .concurrency(1)
                .circuit_breaker(3, Duration::from_hours(1)),
        )
        .register("t", |_: &Event| Err::<(), _>("down"));
    let service = harness.start().await;
    for id in 0..20 {
        harness.publish(&event("t", id.to_string())).await;
    }
    harness.dead(3).await;
    assert_eq!(service.handle.health().counters().dead_lettered, 3);
}
