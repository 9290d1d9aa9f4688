//! Extreme settings neither cause panics nor lose events.

use std::time::Duration;

use eventkit::Event;
use eventkit::Policy;
use eventkit::transport::Transport;
use eventkit_service::{Counters, MemoryInbox, ServiceBuilder};
use tokio::time::sleep;

use super::event;
use super::harness::{Running, TestHarness, wait_until};

const EVENTS: u64 = 3;

/// Runs a handler that takes some time or fails, until no event is left or a day has passed.
async fn run(policy: Policy, fails: bool, set: fn(ServiceBuilder) -> ServiceBuilder) -> Counters {
    let harness = TestHarness::new();
    let named = harness.registry.with_name("h").policy(policy);
    named.register_async("t", move |_: Event| async move {
        sleep(Duration::from_millis(5)).await;
        if fails { Err("no") } else { Ok(()) }
    });
    let service = Running::start(set(harness.service())).await;
    for id in 0..EVENTS {
        harness.publish(&event("t", id.to_string())).await;
    }
    for _ in 0..24 {
        sleep(Duration::from_hours(1)).await;
    }
    let counters = service.handle.health().counters();
    let left = harness.memory.unsettled("tests--h") as u64;
    let ended = counters.succeeded + counters.dead_lettered;
    assert_eq!(ended + left, EVENTS, "{counters:?}");
    service.stop().await;
    counters
}

#[tokio::test(start_paused = true)]
async fn maximum_settings_mean_no_limit() {
    const MAX: Duration = Duration::MAX;
    let sets: [fn(ServiceBuilder) -> ServiceBuilder; 5] = [
        |service| service,
        |service| service.ack_wait(MAX),
        |service| service.shutdown_timeout(MAX),
        |service| service.inbox(MemoryInbox::new()),
        |service| service.inbox(MemoryInbox::new().window(MAX)).ack_wait(MAX),
    ];
    for set in sets {
        let policy = Policy::new().timeout(MAX).concurrency(usize::MAX);
        let counters = run(policy, false, set).await;
        assert_eq!((counters.succeeded, counters.retried), (EVENTS, 0));

        let policy = Policy::new().attempts(3).timeout(MAX);
        let counters = run(policy, true, set).await;
        assert_eq!((counters.retried, counters.dead_lettered), (6, EVENTS));
    }
}

#[tokio::test(start_paused = true)]
async fn maximum_delays_do_not_overflow_into_short_ones() {
    let policy = Policy::new().attempts(3);
    let slow = policy.initial_delay(Duration::MAX).max_delay(Duration::MAX);
    let counters = run(slow, true, |service| service).await;
    assert_eq!((counters.retried, counters.dead_lettered), (EVENTS, 0));

    let paused = Policy::new().attempts(3).circuit_breaker(1, Duration::MAX);
    let counters = run(paused.concurrency(1), true, |service| service).await;
    assert_eq!((counters.retried, counters.dead_lettered), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn zero_settings_become_the_minimum() {
    const NOTHING: Duration = Duration::ZERO;
    let least = |service: ServiceBuilder| service.ack_wait(NOTHING).shutdown_timeout(NOTHING);
    let counters = run(Policy::new().concurrency(0), false, least).await;
    assert_eq!(counters.succeeded, EVENTS);

    let counters = run(Policy::new().attempts(0), true, least).await;
    assert_eq!((counters.retried, counters.dead_lettered), (0, EVENTS));

    let hasty = Policy::new().attempts(50).initial_delay(NOTHING);
    let counters = run(hasty.max_delay(NOTHING), true, least).await;
    assert_eq!((counters.retried, counters.dead_lettered), (49 * 3, EVENTS));

    let counters = run(
        Policy::new().attempts(2).circuit_breaker(0, NOTHING),
        true,
        least,
    )
    .await;
    assert_eq!((counters.retried, counters.dead_lettered), (3, EVENTS));

    let counters = run(Policy::new().attempts(2).timeout(NOTHING), false, least).await;
    assert_eq!((counters.retried, counters.dead_lettered), (3, EVENTS));

    let forgetful = |service: ServiceBuilder| service.inbox(MemoryInbox::new().capacity(0));
    let counters = run(Policy::new(), false, forgetful).await;
    assert_eq!(counters.succeeded, EVENTS);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_released_with_the_maximum_delay_is_kept() {
    let harness = TestHarness::new();
    let subscription = eventkit::transport::Subscription::new("s", ["t"]);
    let mut consumer = harness.memory.subscribe(&subscription).await.unwrap();
    harness.publish(&event("t", "1")).await;
    let incoming = consumer.next().await.unwrap().unwrap();
    incoming.handle.nack(Duration::MAX).await.unwrap();
    let start = tokio::time::Instant::now();
    wait_until(|| start.elapsed() > Duration::from_hours(24)).await;
    let next = tokio::time::timeout(Duration::ZERO, consumer.next()).await;
    assert!(next.is_err(), "the message should not be redelivered");
    assert_eq!(harness.memory.unsettled("s"), 1);
}
