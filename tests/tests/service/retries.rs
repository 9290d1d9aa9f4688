//! Retries of failed events, and their final outcome.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eventkit::{CloudEvent, Decision, Event, Failure, HandlerError, OnExhausted, Policy};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::event;
use super::harness::{Running, TestHarness};

/// Registers a handler that always fails, and logs each run.
fn failing(harness: &TestHarness, policy: Policy) {
    let log = harness.log.clone();
    harness
        .registry
        .with_name("failing")
        .policy(policy)
        .register("t", move |_: &Event| {
            log.note("run");
            Err::<(), _>("no")
        });
}

#[tokio::test(start_paused = true)]
async fn an_event_is_a_dead_letter_after_the_last_attempt() {
    let harness = TestHarness::new();
    failing(&harness, Policy::new().attempts(3));
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    let letters = harness.dead(1).await;
    assert_eq!(harness.log.lines().len(), 3);
    assert_eq!((letters[0].attempts, letters[0].error.as_str()), (3, "no"));
    let counters = service.handle.health().counters();
    assert_eq!((counters.retried, counters.dead_lettered), (2, 1));
    assert_eq!(harness.memory.unsettled("tests--failing"), 0);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_only_dropped_if_the_policy_says_so() {
    let harness = TestHarness::new();
    failing(
        &harness,
        Policy::new().attempts(2).on_exhausted(OnExhausted::Drop),
    );
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    let counters = service.handle.health().counters();
    assert_eq!((counters.dropped, counters.dead_lettered), (1, 0));
    assert_eq!(harness.log.lines().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn delays_grow_up_to_the_maximum() {
    let harness = TestHarness::new();
    let policy = Policy::new()
        .attempts(8)
        .initial_delay(Duration::from_secs(10))
        .max_delay(Duration::from_secs(40));
    failing(&harness, policy);
    let _service = harness.start().await;
    let start = Instant::now();
    harness.publish(&event("t", "1")).await;
    harness.dead(1).await;
    // 10 + 20 + 5 * 40, less up to half of it. Listing the dead letters takes a second or two.
    let took = start.elapsed().as_secs();
    assert!((115..=233).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn the_policy_of_the_handler_precedes_that_of_the_type_and_the_service() {
    for (own, of_type, of_service, runs) in [
        (Some(1), Some(2), Some(3), 1),
        (None, Some(2), Some(3), 2),
        (None, None, Some(3), 3),
        (None, None, None, 10),
    ] {
        let harness = TestHarness::new();
        let policy =
            |attempts: Option<u32>| attempts.map_or(Policy::new(), |n| Policy::new().attempts(n));
        failing(&harness, policy(own));
        let service = harness
            .service()
            .policy(policy(of_service))
            .policy_for("other", Policy::new().attempts(7))
            .policy_for("*", policy(of_type));
        let _service = Running::start(service).await;
        harness.publish(&event("t", "1")).await;
        harness.dead(1).await;
        assert_eq!(harness.log.lines().len(), runs);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure() {
    let harness = TestHarness::new();
    let runs = AtomicU32::new(0);
    harness
        .registry
        .with_name("sync")
        .register("t", move |_: &Event| {
            assert!(runs.fetch_add(1, Ordering::Relaxed) > 0, "at first");
        });
    let runs = AtomicU32::new(0);
    harness
        .registry
        .with_name("async")
        .register_async("t", move |_: Event| {
            let run = runs.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                assert!(run > 0, "at first");
            }
        });
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    let counters = service.handle.health().counters();
    assert_eq!((counters.retried, counters.succeeded), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_exceeds_its_timeout_is_stopped_and_retried() {
    let harness = TestHarness::new();
    let (log, runs) = (harness.log.clone(), AtomicU32::new(0));
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().timeout(Duration::from_secs(5)))
        .register_async("t", move |_: Event| {
            let (log, run) = (log.clone(), runs.fetch_add(1, Ordering::Relaxed));
            async move {
                log.note("begins");
                sleep(Duration::from_secs(if run == 0 { 6 } else { 4 })).await;
                log.note("ends");
            }
        });
    let _service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["begins", "begins", "ends"]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_reports_the_timeout() {
    let harness = TestHarness::new();
    harness
        .registry
        .with_name("h")
        .policy(
            Policy::new()
                .attempts(1)
                .timeout(Duration::from_millis(250)),
        )
        .register_async("t", |_: Event| std::future::pending::<()>());
    let _service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    assert_eq!(harness.dead(1).await[0].error, "timed out after 250ms");
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "t", source = "/s")]
struct Strict {
    number: u8,
}

#[tokio::test(start_paused = true)]
async fn malformed_data_is_a_dead_letter_without_retries() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("strict")
        .register_typed(move |strict: &Strict| log.note(strict.number.to_string()));
    let service = harness.start().await;
    let wrong = event("t", "1").to_builder().data_text("x").build().unwrap();
    harness.publish(&wrong).await;
    let letter = harness.dead(1).await.remove(0);
    assert_eq!(letter.attempts, 1);
    assert_eq!(letter.event(), Some(&wrong));
    assert_eq!(service.handle.health().counters().retried, 0);
    assert!(harness.log.lines().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_cannot_be_evaluated_makes_a_dead_letter_without_retries() {
    let harness = TestHarness::new();
    harness
        .registry
        .with_filter(eventkit::filter::Filter::sql("priority > 3").unwrap())
        .name("h")
        .register("t", |_: &Event| ());
    let _service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    let letter = harness.dead(1).await.remove(0);
    assert!(
        letter.error.starts_with("failed to evaluate the filter"),
        "{}",
        letter.error
    );
    assert_eq!(letter.attempts, 1);
}

/// An error with a decision for each variant.
#[derive(Debug, HandlerError)]
enum Told {
    #[retry]
    Retry,
    #[retry(after = "90s")]
    Later,
    #[dead_letter]
    Hopeless,
    #[drop]
    Moot,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Told {}

#[tokio::test(start_paused = true)]
async fn an_error_can_decide_on_the_event() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    let start = Instant::now();
    harness
        .registry
        .with_name("told")
        .policy(Policy::new().attempts(2))
        .register("t", move |event: &Event| -> Result<(), Failure> {
            log.note(format!("{} {}", event.id(), start.elapsed().as_secs()));
            Err(match event.id() {
                "retry" => Told::Retry,
                "later" => Told::Later,
                "hopeless" => Told::Hopeless,
                _ => Told::Moot,
            })?
        });
    let service = harness.start().await;
    for id in ["retry", "later", "hopeless", "moot"] {
        harness.publish(&event("t", id)).await;
    }
    let letters = harness.dead(3).await;
    let mut told: Vec<_> = letters
        .iter()
        .map(|letter| {
            (
                letter.event().unwrap().id(),
                letter.error.as_str(),
                letter.attempts,
            )
        })
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("hopeless", "Hopeless", 1),
            ("later", "Later", 2),
            ("retry", "Retry", 2)
        ]
    );
    assert!(
        harness.log.lines().contains(&"later 90".to_owned()),
        "{:?}",
        harness.log
    );
    assert_eq!(service.handle.health().counters().dropped, 1);
    assert_eq!(
        Told::Later.decision(),
        Decision::Retry {
            after: Some(Duration::from_secs(90))
        }
    );
}
