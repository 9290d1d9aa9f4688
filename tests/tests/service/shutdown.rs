//! A shutdown loses no event, and makes no dead letters of healthy ones.

use std::time::Duration;

use eventkit::{Event, Policy};
use tokio::time::{Instant, sleep};

use super::event;
use super::harness::{Running, TestHarness, wait_until};

/// Registers a handler that takes as many seconds as the id says, for two events at a time.
fn slow(harness: &TestHarness) {
    let log = harness.log.clone();
    harness
        .registry
        .with_name("slow")
        .policy(
            Policy::new()
                .concurrency(2)
                .attempts(1)
                .timeout(Duration::from_hours(1)),
        )
        .register_async("t", move |event: Event| {
            let log = log.clone();
            async move {
                log.note(format!("begins {}", event.id()));
                sleep(Duration::from_secs(event.id().parse().unwrap())).await;
                log.note(format!("ends {}", event.id()));
            }
        });
}

#[tokio::test(start_paused = true)]
async fn running_handlers_finish_and_waiting_events_are_released() {
    let harness = TestHarness::new();
    slow(&harness);
    let service = harness.start().await;
    for id in ["10", "15", "1", "2", "3"] {
        harness.publish(&event("t", id)).await;
    }
    wait_until(|| harness.log.lines().len() == 2).await;
    let start = Instant::now();
    let stopped = service.stop().await;
    assert!((14..=15).contains(&start.elapsed().as_secs()));
    assert_eq!(
        harness.log.lines(),
        ["begins 10", "begins 15", "ends 10", "ends 15"]
    );
    // Two were prefetched. The last one never left the transport.
    assert_eq!((stopped.released, stopped.abandoned), (2, 0));
    assert_eq!(harness.memory.len(), 3);

    let start = Instant::now();
    let service = harness.start().await;
    harness.drained().await;
    // The event is redelivered at once, and not after `ack_wait`.
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(service.handle.health().counters().dead_lettered, 0);
    assert!(harness.log.lines().contains(&"ends 3".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn handlers_that_exceed_the_shutdown_timeout_are_aborted_and_released() {
    let harness = TestHarness::new();
    slow(&harness);
    let service = harness.service().shutdown_timeout(Duration::from_secs(5));
    let service = Running::start(service).await;
    harness.publish(&event("t", "60")).await;
    harness.publish(&event("t", "2")).await;
    wait_until(|| harness.log.lines().len() == 2).await;
    let start = Instant::now();
    let stopped = service.stop().await;
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!((stopped.released, stopped.abandoned), (1, 0));
    assert_eq!(harness.log.lines(), ["begins 60", "begins 2", "ends 2"]);

    // Its only attempt was not counted, because it did not fail.
    let service = harness.start().await;
    harness.drained().await;
    assert_eq!(service.handle.health().counters().succeeded, 1);
    assert_eq!(harness.log.lines()[3..], ["begins 60", "ends 60"]);
}

#[tokio::test(start_paused = true)]
async fn an_ordered_event_that_waits_for_a_retry_is_released() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    let policy = Policy::new()
        .key("source")
        .initial_delay(Duration::from_mins(1));
    harness
        .registry
        .with_name("h")
        .policy(policy)
        .register("t", move |event: &Event| {
            log.note(event.id());
            Err::<(), _>("no")
        });
    let service = harness.start().await;
    for id in ["1", "2", "3"] {
        harness.publish(&event("t", id)).await;
    }
    wait_until(|| harness.log.lines().len() == 1).await;
    let start = Instant::now();
    let stopped = service.stop().await;
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(stopped.released, 3);
    assert_eq!(harness.memory.len(), 3);
    let _service = harness.start().await;
    wait_until(|| harness.log.lines().len() == 2).await;
    assert_eq!(harness.log.lines(), ["1", "1"]);
}

#[tokio::test(start_paused = true)]
async fn a_service_shuts_down_while_its_transport_is_unavailable() {
    let harness = TestHarness::new();
    slow(&harness);
    let service = harness.start().await;
    harness.publish(&event("t", "3")).await;
    wait_until(|| harness.log.lines().len() == 1).await;
    harness.memory.close();
    let stopped = service.stop().await;
    assert_eq!(stopped.abandoned, 0);
    assert_eq!(harness.log.lines(), ["begins 3", "ends 3"]);
    // It could not be acknowledged, so it is redelivered.
    harness.memory.reopen();
    let _service = harness.start().await;
    harness.drained().await;
    assert_eq!(harness.log.lines().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_future_of_run_until_shuts_down_too() {
    let harness = TestHarness::new();
    slow(&harness);
    let service = harness.service().build().unwrap();
    harness.publish(&event("t", "5")).await;
    let stopped = service
        .run_until(sleep(Duration::from_secs(2)))
        .await
        .unwrap();
    assert_eq!((stopped.released, stopped.abandoned), (0, 0));
    assert!(harness.memory.is_empty());
}
