//! Many faults at once, without a lost event.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventkit::{Event, Policy};
use eventkit_service::MemoryInbox;
use eventkit_service::memory::{Faults, Memory};
use tokio::time::sleep;

use super::event;
use super::harness::{Running, TestHarness};

const EVENTS: u32 = 200;

/// Handles events under faults and restarts, and returns how often each event was handled.
async fn storm(seed: u64, inbox: Option<MemoryInbox>) -> BTreeMap<u32, u32> {
    let faults = Faults::seeded(seed)
        .duplicate(0.05)
        .reorder(0.2)
        .delay(0.1, Duration::from_secs(90))
        .drop_ack(0.1)
        .crash_before_ack(0.02)
        .refuse_publish(0.1)
        .lose_confirmation(0.05)
        .disconnect(0.02);
    let harness = TestHarness::on(Memory::builder().faults(faults).build());
    let (done, runs) = (
        Arc::new(Mutex::new(BTreeMap::new())),
        Mutex::new(HashMap::new()),
    );
    let counts = Arc::clone(&done);
    harness
        .registry
        .with_name("h")
        .policy(
            Policy::new()
                .attempts(100)
                .max_delay(Duration::from_secs(5)),
        )
        .register_async("t", move |event: Event| {
            let id: u32 = event.id().parse().unwrap();
            let mut runs = runs.lock().unwrap();
            let run = runs.entry(id).or_insert(0_u32);
            *run += 1;
            let fails = (id + *run).is_multiple_of(3);
            let counts = Arc::clone(&counts);
            async move {
                sleep(Duration::from_millis(u64::from(id) * 31 % 200)).await;
                if fails {
                    return Err("not this time");
                }
                *counts.lock().unwrap().entry(id).or_insert(0) += 1;
                Ok(())
            }
        });
    let build = || {
        let service = harness
            .service()
            .shutdown_timeout(Duration::from_millis(50));
        match &inbox {
            Some(inbox) => service.inbox(inbox.clone()),
            None => service,
        }
    };
    let mut service = Running::start(build()).await;
    for id in 0..EVENTS {
        while harness
            .memory
            .publish(&event("t", id.to_string()))
            .await
            .is_err()
        {}
        if id % 50 == 25 {
            service.stop().await;
            service = Running::start(build()).await;
        }
        if id % 60 == 30 {
            harness.memory.close();
            sleep(Duration::from_secs(3)).await;
            harness.memory.reopen();
        }
        sleep(Duration::from_millis(20)).await;
    }
    harness.drained().await;
    assert_eq!(service.handle.health().counters().dead_lettered, 0);
    Arc::try_unwrap(done).map_or_else(
        |done| done.lock().unwrap().clone(),
        |done| done.into_inner().unwrap(),
    )
}

#[tokio::test(start_paused = true)]
async fn every_event_is_handled_at_least_once() {
    for seed in 0..5 {
        let done = storm(seed, None).await;
        assert!(done.keys().copied().eq(0..EVENTS), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_an_inbox_every_event_is_handled_exactly_once() {
    for seed in 0..5 {
        let done = storm(seed, Some(MemoryInbox::new())).await;
        assert!(done.keys().copied().eq(0..EVENTS), "seed {seed}");
        assert!(done.values().all(|count| *count == 1), "seed {seed}");
    }
}
