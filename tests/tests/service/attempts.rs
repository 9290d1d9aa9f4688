//! An attempt is a run of the handler that failed. Nothing else counts as one.

use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use eventkit::transport::BoxFuture;
use eventkit::{BoxError, Event, Policy};
use eventkit_service::{Attempt, HandlerService};
use tokio::time::{Instant, sleep};

use super::event;
use super::harness::{Log, Running, TestHarness, wait_until};

/// A handler that takes 25 seconds per event, and never fails.
fn slow(harness: &TestHarness) {
    let log = harness.log.clone();
    harness
        .registry
        .with_name("slow")
        .policy(Policy::new().attempts(1).timeout(Duration::from_hours(1)))
        .register_async("t", move |event: Event| {
            let log = log.clone();
            async move {
                log.note(format!("begins {}", event.id()));
                sleep(Duration::from_secs(25)).await;
                log.note(format!("ends {}", event.id()));
            }
        });
}

#[tokio::test(start_paused = true)]
async fn fifty_shutdowns_count_no_attempt() {
    let harness = TestHarness::new();
    slow(&harness);
    harness.publish(&event("t", "1")).await;
    for run in 1..=50 {
        let service = harness.service().shutdown_timeout(Duration::from_secs(1));
        let service = Running::start(service).await;
        wait_until(|| harness.log.lines().len() == run).await;
        assert_eq!(service.stop().await.released, 1);
    }
    let start = Instant::now();
    let service = harness.start().await;
    harness.drained().await;
    // It is redelivered at once because it was released, and not after `ack_wait`.
    assert!(start.elapsed() < Duration::from_secs(27));
    let counters = service.handle.health().counters();
    assert_eq!((counters.succeeded, counters.dead_lettered), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_before_the_handler_started_counts_no_attempt() {
    let harness = TestHarness::new();
    slow(&harness);
    let policy = Policy::new().concurrency(1);
    for id in ["1", "2", "3", "4"] {
        harness.publish(&event("t", id)).await;
    }
    for run in 1..=20 {
        let service = harness.service().policy(policy);
        let service = Running::start(service.shutdown_timeout(Duration::ZERO)).await;
        wait_until(|| harness.log.lines().len() == run).await;
        assert_eq!(service.stop().await.released, 4);
    }
    let service = Running::start(harness.service().policy(policy)).await;
    harness.drained().await;
    let counters = service.handle.health().counters();
    assert_eq!((counters.succeeded, counters.dead_lettered), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn fifty_lost_connections_count_no_attempt() {
    let harness = TestHarness::new();
    slow(&harness);
    let service = harness.start().await;
    for id in ["1", "2", "3"] {
        harness.publish(&event("t", id)).await;
    }
    for _ in 0..50 {
        sleep(Duration::from_millis(700)).await;
        harness.memory.disconnect();
    }
    harness.drained().await;
    let counters = service.handle.health().counters();
    assert_eq!((counters.succeeded, counters.dead_lettered), (3, 0));
    assert_eq!(harness.log.lines().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn fifty_crashes_under_load_count_no_attempt() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().attempts(1))
        .register_async("t", move |event: Event| {
            let log = log.clone();
            async move {
                sleep(Duration::from_millis(500)).await;
                log.note(event.id());
            }
        });
    for id in 0..900 {
        harness.publish(&event("t", id.to_string())).await;
    }
    let build = || harness.service().ack_wait(Duration::from_secs(1));
    for crash in 0..50 {
        let service = Running::start(build()).await;
        sleep(Duration::from_millis(300 + crash * 137 % 1_000)).await;
        assert!(!harness.memory.is_empty());
        service.crash().await;
    }
    let _service = Running::start(build()).await;
    harness.drained().await;
    assert!(harness.letters().list().await.unwrap().is_empty());
    let mut handled = harness.log.sorted();
    handled.dedup();
    assert_eq!(handled.len(), 900);
}

#[tokio::test(start_paused = true)]
async fn failed_attempts_count_across_crashes_and_shutdowns() {
    for ordered in [false, true] {
        let harness = TestHarness::new();
        let (log, runs) = (harness.log.clone(), AtomicU32::new(0));
        let policy = Policy::new().attempts(3).timeout(Duration::from_hours(1));
        let policy = if ordered {
            policy.key("source")
        } else {
            policy
        };
        harness
            .registry
            .with_name("h")
            .policy(policy)
            .register_async("t", move |_: Event| {
                let (log, run) = (log.clone(), runs.fetch_add(1, Ordering::Relaxed) + 1);
                async move {
                    log.note(format!("run {run}"));
                    if run == 2 || run == 3 {
                        std::future::pending::<()>().await;
                    }
                    Err::<(), _>("no")
                }
            });
        let build = || harness.service().shutdown_timeout(Duration::ZERO);
        harness.publish(&event("t", "1")).await;
        let service = Running::start(build()).await;
        wait_until(|| harness.log.lines().len() == 2).await;
        service.crash().await;
        let service = Running::start(build()).await;
        wait_until(|| harness.log.lines().len() == 3).await;
        service.stop().await;
        let _service = Running::start(build()).await;
        let letter = harness.dead(1).await.remove(0);
        assert_eq!(
            (letter.attempts, harness.log.lines().len()),
            (3, 5),
            "{ordered}"
        );
    }
}

/// Records the number of each attempt, and the delivery count of the message.
#[derive(Clone)]
struct Numbered(HandlerService, Log);

impl tower::Service<Attempt> for Numbered {
    type Response = ();
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<(), BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, attempt: Attempt) -> Self::Future {
        let deliveries = attempt.metadata().delivery_count;
        self.1.note(format!("{} of {deliveries}", attempt.number()));
        self.0.call(attempt)
    }
}

#[tokio::test(start_paused = true)]
async fn the_number_of_an_attempt_excludes_interrupted_runs() {
    let harness = TestHarness::new();
    let runs = AtomicU32::new(0);
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().timeout(Duration::from_hours(1)))
        .register_async("t", move |_: Event| {
            let run = runs.fetch_add(1, Ordering::Relaxed);
            async move {
                match run {
                    0 | 1 => std::future::pending().await,
                    2 => Err("no"),
                    _ => Ok(()),
                }
            }
        });
    let build = || {
        let log = harness.log.clone();
        let layer = tower::layer::layer_fn(move |inner| Numbered(inner, log.clone()));
        harness
            .service()
            .layer(layer)
            .shutdown_timeout(Duration::ZERO)
    };
    harness.publish(&event("t", "1")).await;
    for run in 1..=2 {
        let service = Running::start(build()).await;
        wait_until(|| harness.log.lines().len() == run).await;
        service.stop().await;
    }
    let _service = Running::start(build()).await;
    harness.drained().await;
    assert_eq!(
        harness.log.lines(),
        ["1 of 1", "1 of 2", "1 of 3", "2 of 4"]
    );
}
