//! Events with the same key stay in order, and events with other keys do not wait for them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
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
async fn events_with_one_key_stay_in_order_despite_retries_and_concurrency() {
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
                // Some events take longer than others, and every third one fails at first.
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
async fn a_waiting_key_does_not_block_other_keys() {
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
async fn a_key_can_be_an_attribute_or_the_result_of_a_function() {
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
async fn the_maximum_concurrency_is_respected() {
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
async fn the_order_holds_while_connections_break() {
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

/// Returns a harness with an ordered handler that fails for the events of some keys.
fn failing_keys(policy: Policy, fails: fn(&str) -> bool) -> TestHarness {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("h")
        .policy(policy.key("partitionkey"))
        .register("t", move |event: &Event| {
            log.note(event.id());
            if fails(event.id()) { Err("no") } else { Ok(()) }
        });
    harness
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_failing_events_with_one_key_do_not_block_other_keys() {
    let policy = Policy::new().concurrency(2).attempts(10);
    let harness = failing_keys(policy, |id| id.starts_with('a'));
    let service = harness.start().await;
    for id in 0..200 {
        harness.publish(&keyed("a", id)).await;
    }
    for id in 0..50 {
        harness.publish(&keyed("b", id)).await;
    }
    let start = Instant::now();
    let others = || {
        harness
            .log
            .lines()
            .iter()
            .filter(|line| line.starts_with('b'))
            .count()
    };
    super::harness::wait_until(|| others() == 50).await;
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(service.handle.health().counters().dead_lettered, 0);

    // None of them lost an attempt by waiting, and they stay in order.
    let dead = || service.handle.health().counters().dead_lettered;
    super::harness::wait_until(|| dead() == 200).await;
    let mut expected: Vec<String> = Vec::new();
    for id in 0..200 {
        expected.extend(std::iter::repeat_n(format!("a-{id}"), 10));
    }
    let lines = harness.log.lines();
    let own = lines.iter().filter(|line| line.starts_with('a'));
    assert!(own.eq(&expected), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn more_failing_keys_than_messages_in_flight_do_not_block_other_keys() {
    let policy = Policy::new().concurrency(2).attempts(10);
    let harness = failing_keys(policy, |id| id.starts_with("bad"));
    let service = harness.start().await;
    for id in 0..3 {
        for key in 0..50 {
            harness.publish(&keyed(&format!("bad{key}"), id)).await;
        }
    }
    for id in 0..50 {
        harness.publish(&keyed("b", id)).await;
    }
    let start = Instant::now();
    let others = || {
        harness
            .log
            .lines()
            .iter()
            .filter(|line| line.starts_with("b-"))
            .count()
    };
    super::harness::wait_until(|| others() == 50).await;
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    let dead = || service.handle.health().counters().dead_lettered;
    super::harness::wait_until(|| dead() == 150).await;
    for key in 0..50 {
        let prefix = format!("bad{key}-");
        let mut expected: Vec<String> = Vec::new();
        for id in 0..3 {
            expected.extend(std::iter::repeat_n(format!("{prefix}{id}"), 10));
        }
        let lines = harness.log.lines();
        let own = lines.iter().filter(|line| line.starts_with(&prefix));
        assert!(own.eq(&expected), "{lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_key_with_long_runs_does_not_block_other_keys() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().concurrency(1).key("partitionkey"))
        .register_async("t", move |event: Event| {
            let log = log.clone();
            async move {
                // This is longer than the service needs to notice that all messages in flight wait.
                sleep(Duration::from_secs(1)).await;
                log.note(event.id());
                if event.id().starts_with('a') {
                    Err("no")
                } else {
                    Ok(())
                }
            }
        });
    let service = harness.start().await;
    for id in 0..20 {
        harness.publish(&keyed("a", id)).await;
    }
    harness.publish(&keyed("b", 0)).await;
    super::harness::wait_until(|| harness.log.lines().contains(&"b-0".to_owned())).await;
    assert_eq!(service.handle.health().counters().dead_lettered, 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_recovers_catches_up_in_order() {
    let harness = TestHarness::new();
    let (log, works) = (harness.log.clone(), Arc::new(AtomicBool::new(false)));
    let mended = Arc::clone(&works);
    let policy = Policy::new().concurrency(2).attempts(1_000);
    harness
        .registry
        .with_name("h")
        .policy(policy.key("partitionkey"))
        .register("t", move |event: &Event| {
            if mended.load(Ordering::Relaxed) {
                log.note(event.id());
                Ok(())
            } else {
                Err("no")
            }
        });
    let _service = harness.start().await;
    for id in 0..200 {
        harness.publish(&keyed("a", id)).await;
    }
    sleep(Duration::from_mins(30)).await;
    works.store(true, Ordering::Relaxed);
    let start = Instant::now();
    harness.drained().await;
    // The delay of the next attempt, plus the time for which events are released.
    assert!(
        start.elapsed() < Duration::from_mins(5),
        "{:?}",
        start.elapsed()
    );
    let expected: Vec<String> = (0..200).map(|id| format!("a-{id}")).collect();
    assert_eq!(harness.log.lines(), expected);
}

#[tokio::test(start_paused = true)]
async fn the_order_holds_over_restarts_and_retries_while_connections_break() {
    for seed in 0..5 {
        let mut harness = TestHarness::new();
        let runs = Arc::new(AtomicU32::new(0));
        for round in 0..4 {
            let next = failing_rarely(&harness, &runs);
            let service = next.start().await;
            if round == 0 {
                for id in 0..40 {
                    for key in ["a", "b"] {
                        harness.publish(&keyed(key, id)).await;
                    }
                }
                harness
                    .memory
                    .set_faults(Faults::seeded(seed).disconnect(0.05));
            }
            if round == 3 {
                next.drained().await;
            } else {
                sleep(Duration::from_secs(20)).await;
                service.stop().await;
            }
            harness = next;
        }
        for key in ["a", "b"] {
            let lines = harness.log.lines();
            let own = lines.iter().filter_map(|line| line.strip_prefix(key));
            let own: Vec<u32> = own.map(|id| id[1..].parse().unwrap()).collect();
            // Events that were settled just before a shutdown may be redelivered, in order.
            let starts = 1 + own.windows(2).filter(|pair| pair[1] <= pair[0]).count();
            let follows = |pair: &[u32]| pair[1] <= pair[0] || pair[1] == pair[0] + 1;
            assert!(own.windows(2).all(follows), "seed {seed}: {lines:?}");
            assert_eq!((own.first(), own.last()), (Some(&0), Some(&39)));
            assert!(starts <= 4, "seed {seed}: {lines:?}");
        }
    }
}

/// Returns a harness with the transport and the log of another one, whose handler fails every
/// fourth run.
fn failing_rarely(other: &TestHarness, runs: &Arc<AtomicU32>) -> TestHarness {
    let mut harness = TestHarness::on(other.memory.clone());
    harness.log = other.log.clone();
    let (log, runs) = (harness.log.clone(), Arc::clone(runs));
    let policy = Policy::new().concurrency(2).attempts(100);
    harness
        .registry
        .with_name("h")
        .policy(policy.key("partitionkey"))
        .register_async("t", move |event: Event| {
            let (log, run) = (log.clone(), runs.fetch_add(1, Ordering::Relaxed));
            async move {
                sleep(Duration::from_millis(u64::from(run) * 37 % 100)).await;
                if run % 4 == 3 {
                    return Err("not yet");
                }
                log.note(event.id());
                Ok(())
            }
        });
    harness
}
