//! With an inbox, a redelivered event does not run its handler twice.

use std::time::Duration;

use eventkit::{BoxError, Event, Policy};
use eventkit_service::memory::{Faults, Memory};
use eventkit_service::{Claim, Inbox, InboxKey, MemoryInbox};
use tokio::time::{advance, sleep};

use super::event;
use super::harness::{Running, TestHarness};

fn noting(harness: &TestHarness) {
    for name in ["one", "two"] {
        let log = harness.log.clone();
        harness
            .registry
            .with_name(name)
            .register("t", move |event: &Event| {
                log.note(format!("{name} {}", event.id()));
            });
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_runs_no_handler_twice() {
    let harness = TestHarness::new();
    noting(&harness);
    let service = Running::start(harness.service().inbox(MemoryInbox::new())).await;
    harness.memory.set_faults(Faults::seeded(3).drop_ack(0.5));
    for id in 0..20 {
        harness.publish(&event("t", id.to_string())).await;
    }
    harness.drained().await;
    let mut once = harness.log.sorted();
    once.dedup();
    assert_eq!(harness.log.lines().len(), 40);
    assert_eq!(once.len(), 40);
    assert!(service.handle.health().counters().duplicates > 0);
}

#[tokio::test(start_paused = true)]
async fn without_an_inbox_a_handler_runs_for_every_delivery() {
    let harness = TestHarness::new();
    noting(&harness);
    let _service = harness.start().await;
    harness.memory.set_faults(Faults::seeded(3).drop_ack(0.5));
    for id in 0..20 {
        harness.publish(&event("t", id.to_string())).await;
    }
    harness.drained().await;
    assert!(harness.log.lines().len() > 40);
}

#[tokio::test(start_paused = true)]
async fn an_event_stored_twice_does_not_run_its_handler_concurrently() {
    let harness = TestHarness::on(
        Memory::builder()
            .faults(Faults::seeded(1).duplicate(1.0))
            .build(),
    );
    let log = harness.log.clone();
    harness
        .registry
        .with_name("slow")
        .policy(Policy::new().timeout(Duration::from_hours(1)))
        .register_async("t", move |_: Event| {
            let log = log.clone();
            async move {
                log.note("begins");
                sleep(Duration::from_mins(10)).await;
                log.note("ends");
            }
        });
    let service = Running::start(harness.service().inbox(MemoryInbox::new())).await;
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["begins", "ends"]);
    assert_eq!(service.handle.health().counters().duplicates, 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_releases_the_claim() {
    let harness = TestHarness::new();
    let (log, runs) = (harness.log.clone(), std::sync::atomic::AtomicU32::new(0));
    harness
        .registry
        .with_name("h")
        .register("t", move |_: &Event| {
            log.note("run");
            match runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 => Err("no"),
                _ => Ok(()),
            }
        });
    let service = Running::start(harness.service().inbox(MemoryInbox::new())).await;
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    let counters = service.handle.health().counters();
    assert_eq!((counters.succeeded, counters.duplicates), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_stopped_releases_the_claim() {
    let harness = TestHarness::new();
    let (log, runs) = (harness.log.clone(), std::sync::atomic::AtomicU32::new(0));
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().timeout(Duration::from_hours(1)))
        .register_async("t", move |_: Event| {
            log.note("run");
            let run = runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            sleep(Duration::from_secs(if run == 0 { 1800 } else { 1 }))
        });
    let inbox = MemoryInbox::new();
    let service = harness
        .service()
        .inbox(inbox.clone())
        .shutdown_timeout(Duration::ZERO);
    let service = Running::start(service).await;
    harness.publish(&event("t", "1")).await;
    super::harness::wait_until(|| harness.log.lines().len() == 1).await;
    assert_eq!(service.stop().await.released, 1);
    let _service = Running::start(harness.service().inbox(inbox)).await;
    let start = tokio::time::Instant::now();
    harness.drained().await;
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn the_in_memory_inbox_respects_window_lease_and_capacity() -> Result<(), BoxError> {
    let inbox = MemoryInbox::new()
        .window(Duration::from_mins(1))
        .capacity(2);
    let lease = Duration::from_secs(10);
    let key = |id| InboxKey::new("/s", id, "h");
    let granted = async |key| match inbox.claim(key, lease).await? {
        Claim::Granted(token) => Ok(token),
        other => Err(BoxError::from(format!("{key:?}: {other:?}"))),
    };
    granted(key("1")).await?;
    granted(InboxKey::new("/s", "1", "other")).await?;
    advance(Duration::from_secs(9)).await;
    assert_eq!(inbox.claim(key("1"), lease).await?, Claim::InProgress);
    advance(Duration::from_secs(1)).await;
    granted(key("1")).await?;
    inbox.complete(key("1")).await?;
    advance(Duration::from_secs(59)).await;
    assert_eq!(inbox.claim(key("1"), lease).await?, Claim::Completed);
    advance(Duration::from_secs(1)).await;
    let token = granted(key("1")).await?;
    inbox.release(key("1"), token).await?;
    granted(key("1")).await?;
    for id in ["1", "2", "3"] {
        inbox.complete(key(id)).await?;
    }
    granted(key("1")).await?;
    assert_eq!(inbox.claim(key("3"), lease).await?, Claim::Completed);
    Ok(())
}
