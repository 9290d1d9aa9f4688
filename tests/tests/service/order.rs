//! Events of one key stay in order, and those of others do not wait for them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventkit::extension::PartitionKey;
use eventkit::{Event, Policy};
use eventkit_service::memory::Faults;
use tokio::time::{Instant, sleep};

use super::event;
use super::harness::TestHarness;

fn keyed(key: &str, id: u32) -> Event {
    let key = PartitionKey::new(key).unwrap();
    event("t", format!("{}-{id}", key.get()))
        .to_builder()
        .typed_extension(&key)
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn events_of_one_key_stay_in_order_over_retries_and_concurrency() {
    let harness = TestHarness::new();
    let (log, runs) = (harness.log.clone(), Arc::new(Mutex::new(HashMap::new())));
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().concurrency(4).key("partitionkey"))
        .register_async("t", move |event: Event| {
            let (log, runs) = (log.clone(), Arc::clone(&runs));
            async move {
                let run = {
                    let mut runs = runs.lock().unwrap();
                    let run = runs.entry(event.id().to_owned()).or_insert(0);
                    *run += 1;
                    *run
                };
                // Some take longer than others, and each third fails at first.
                let number: u64 = event.id()[2..].parse().unwrap();
                sleep(Duration::from_millis(number * 37 % 100)).await;
                if number.is_multiple_of(3) && run < 3 {
                    return Err("not yet");
                }
                log.note(event.id());
                Ok(())
            }
        });
    let service = harness.start().await;
    for id in 0..20 {
        for key in ["a", "b", "c"] {
            harness.publish(&keyed(key, id)).await;
        }
    }
    harness.drained().await;
    for key in ["a", "b", "c"] {
        let lines = harness.log.lines();
        let own = lines.iter().filter(|line| line.starts_with(key));
        let expected: Vec<String> = (0..20).map(|id| format!("{key}-{id}")).collect();
        assert!(own.eq(&expected), "{lines:?}");
    }
    assert_eq!(service.handle.health().counters().retried, 3 * 7 * 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_waits_leaves_the_others_to_run() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().concurrency(2).key("partitionkey").attempts(3))
        .register("t", move |event: &Event| {
            log.note(event.id());
            if event.id().starts_with('a') {
                Err("no")
            } else {
                Ok(())
            }
        });
    let _service = harness.start().await;
    let start = Instant::now();
    for id in 0..3 {
        harness.publish(&keyed("a", id)).await;
    }
    harness.publish(&keyed("b", 0)).await;
    super::harness::wait_until(|| harness.log.lines().contains(&"b-0".to_owned())).await;
    assert!(start.elapsed() < Duration::from_millis(400));
    harness.dead(3).await;
    let lines = harness.log.lines();
    let own: Vec<_> = lines.iter().filter(|line| line.starts_with('a')).collect();
    assert_eq!(
        own,
        [
            "a-0", "a-0", "a-0", "a-1", "a-1", "a-1", "a-2", "a-2", "a-2"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_may_be_the_subject_or_what_a_function_says() {
    fn first_letter(event: &Event) -> Option<String> {
        event.subject()?.get(..1).map(str::to_owned)
    }
    for (policy, expected) in [
        (Policy::new().key("subject"), 20),
        (Policy::new().key_with(first_letter), 30),
        (Policy::new().key("nothing"), 10),
    ] {
        let harness = TestHarness::new();
        let log = harness.log.clone();
        harness
            .registry
            .with_name("h")
            .policy(policy.concurrency(3))
            .register_async("t", move |event: Event| {
                let log = log.clone();
                async move {
                    sleep(Duration::from_secs(10)).await;
                    log.note(event.id());
                }
            });
        let _service = harness.start().await;
        let start = Instant::now();
        for (id, subject) in [("1", "aa"), ("2", "aa"), ("3", "ab")] {
            let event = event("t", id)
                .to_builder()
                .subject(subject)
                .build()
                .unwrap();
            harness.publish(&event).await;
        }
        harness.drained().await;
        assert_eq!(start.elapsed().as_secs(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_run_at_once_than_may() {
    let harness = TestHarness::new();
    let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let seen = Arc::clone(&most);
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().concurrency(5))
        .register_async("t", move |_: Event| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            async move {
                let running = now.fetch_add(1, Ordering::Relaxed) + 1;
                most.fetch_max(running, Ordering::Relaxed);
                sleep(Duration::from_secs(1)).await;
                now.fetch_sub(1, Ordering::Relaxed);
            }
        });
    let _service = harness.start().await;
    let start = Instant::now();
    for id in 0..50 {
        harness.publish(&event("t", id.to_string())).await;
    }
    harness.drained().await;
    assert_eq!(seen.load(Ordering::Relaxed), 5);
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn order_holds_while_connections_break() {
    for seed in 0..5 {
        let harness = TestHarness::new();
        let (log, runs) = (harness.log.clone(), Arc::new(AtomicU32::new(0)));
        harness
            .registry
            .with_name("h")
            .policy(
                Policy::new()
                    .concurrency(4)
                    .key("partitionkey")
                    .attempts(100),
            )
            .register_async("t", move |event: Event| {
                let (log, run) = (log.clone(), runs.fetch_add(1, Ordering::Relaxed));
                async move {
                    sleep(Duration::from_millis(u64::from(run) * 37 % 100)).await;
                    if run.is_multiple_of(5) {
                        return Err("not yet");
                    }
                    log.note(event.id());
                    Ok(())
                }
            });
        let _service = harness.start().await;
        for id in 0..30 {
            for key in ["a", "b", "c"] {
                harness.publish(&keyed(key, id)).await;
            }
        }
        harness
            .memory
            .set_faults(Faults::seeded(seed).disconnect(0.1));
        harness.drained().await;
        for key in ["a", "b", "c"] {
            let lines = harness.log.lines();
            let own = lines.iter().filter(|line| line.starts_with(key));
            let expected: Vec<String> = (0..30).map(|id| format!("{key}-{id}")).collect();
            assert!(own.eq(&expected), "seed {seed}: {lines:?}");
        }
    }
}
