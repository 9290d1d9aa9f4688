//! Deliveries of events to handlers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eventkit::filter::Filter;
use eventkit::transport::PublisherExt;
use eventkit::{CloudEvent, Event};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::event;
use super::harness::TestHarness;

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "placed", source = "/shop")]
struct Placed {
    order: String,
}

#[tokio::test(start_paused = true)]
async fn each_handler_gets_each_event_once() {
    let harness = TestHarness::new();
    let (one, two, three) = (
        harness.log.clone(),
        harness.log.clone(),
        harness.log.clone(),
    );
    harness
        .registry
        .with_name("sync")
        .register("placed", move |event: &Event| {
            one.note(format!("sync {}", event.id()));
        });
    harness
        .registry
        .with_name("typed")
        .register_typed_async(move |placed: Placed| {
            two.note(format!("typed {}", placed.order));
            async {}
        });
    harness
        .registry
        .with_name("other")
        .register("cancelled", move |event: &Event| three.note(event.id()));
    let service = harness.start().await;
    let placed = Placed {
        order: "A-1".into(),
    };
    harness
        .publish(&placed.event_builder().unwrap().id("1").build().unwrap())
        .await;
    harness.drained().await;
    assert_eq!(harness.log.sorted(), ["sync 1", "typed A-1"]);
    let counters = service.handle.health().counters();
    assert_eq!((counters.received, counters.succeeded), (2, 2));
    assert_eq!(counters.in_flight, 0);
    assert_eq!(service.stop().await.released, 0);
}

#[tokio::test(start_paused = true)]
async fn a_failing_handler_is_retried_without_the_others() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("sibling")
        .register("t", move |event: &Event| {
            log.note(format!("sibling {}", event.id()));
        });
    let (log, runs) = (harness.log.clone(), AtomicU32::new(0));
    harness
        .registry
        .with_name("failing")
        .register("t", move |_: &Event| {
            let run = runs.fetch_add(1, Ordering::Relaxed) + 1;
            log.note(format!("failing, run {run}"));
            if run < 4 { Err("not yet") } else { Ok(()) }
        });
    let service = harness.start().await;
    let start = Instant::now();
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    assert_eq!(
        harness.log.sorted(),
        [
            "failing, run 1",
            "failing, run 2",
            "failing, run 3",
            "failing, run 4",
            "sibling 1"
        ]
    );
    // 1, 2 and 4 seconds, less up to half of each.
    let took = start.elapsed();
    assert!((3_500..7_100).contains(&took.as_millis()), "{took:?}");
    let health = service.handle.health();
    assert_eq!(health.counters().retried, 3);
    assert!(health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn completed_handlers_do_not_run_again_after_a_crash() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("sibling")
        .register("t", move |_: &Event| log.note("sibling"));
    let (log, runs) = (harness.log.clone(), Arc::new(AtomicU32::new(0)));
    harness
        .registry
        .with_name("long")
        .register_async("t", move |_: Event| {
            let (log, run) = (log.clone(), runs.fetch_add(1, Ordering::Relaxed));
            async move {
                log.note("long begins");
                // In the first process, it never completes.
                sleep(Duration::from_secs(if run == 0 { 3600 } else { 1 })).await;
                log.note("long ends");
            }
        });
    let patient = eventkit::Policy::new().timeout(Duration::from_hours(2));
    let service = super::harness::Running::start(harness.service().policy(patient)).await;
    harness.publish(&event("t", "1")).await;
    sleep(Duration::from_mins(1)).await;
    assert_eq!(harness.log.sorted(), ["long begins", "sibling"]);
    service.crash().await;

    let _service = harness.start().await;
    harness.drained().await;
    assert_eq!(
        harness.log.sorted(),
        ["long begins", "long begins", "long ends", "sibling"]
    );
}

#[tokio::test(start_paused = true)]
async fn running_and_waiting_events_are_kept_alive_indefinitely() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("slow")
        .policy(
            eventkit::Policy::new()
                .concurrency(1)
                .timeout(Duration::from_hours(1)),
        )
        .register_async("t", move |event: Event| {
            let log = log.clone();
            async move {
                sleep(Duration::from_mins(10)).await;
                log.note(event.id());
            }
        });
    let service = harness.start().await;
    for id in ["1", "2", "3"] {
        harness.publish(&event("t", id)).await;
    }
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["1", "2", "3"]);
    assert_eq!(service.handle.health().counters().received, 3);
}

#[tokio::test(start_paused = true)]
async fn a_filtered_event_is_acknowledged_without_the_handler() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_filter(Filter::prefix([("id", "a")]).unwrap())
        .name("filtered")
        .register("*", move |event: &Event| log.note(event.id()));
    let service = harness.start().await;
    harness.publish(&event("t", "a1")).await;
    harness.publish(&event("t", "b2")).await;
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["a1"]);
    let counters = service.handle.health().counters();
    assert_eq!((counters.succeeded, counters.filtered), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_blocking_sync_handler_does_not_block_other_handlers() {
    let harness = TestHarness::new();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    harness
        .registry
        .with_name("blocked")
        .register("t", move |_: &Event| {
            wait.lock().unwrap().recv().unwrap();
        });
    let release = std::sync::Mutex::new(release);
    harness
        .registry
        .with_name("free")
        .register_async("t", move |_: Event| {
            // This runs on the only thread of the runtime while the other handler blocks.
            release.lock().unwrap().send(()).unwrap();
            async {}
        });
    let _service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
}

#[tokio::test(start_paused = true)]
async fn handlers_receive_events_from_all_transports() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("h")
        .register("t", move |event: &Event| log.note(event.id()));
    let second = eventkit_service::memory::Memory::new();
    let service = super::harness::Running::start(harness.service().transport(second.clone())).await;
    harness.publish(&event("t", "1")).await;
    second.publish(&event("t", "2")).await.unwrap();
    harness.drained().await;
    super::harness::wait_until(|| second.is_empty()).await;
    assert_eq!(harness.log.sorted(), ["1", "2"]);
    assert_eq!(service.handle.health().subscriptions.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_slow_sync_handler_is_reported_and_not_run_concurrently() {
    let harness = TestHarness::new();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let log = harness.log.clone();
    harness
        .registry
        .with_name("stuck")
        .register("t", move |_: &Event| {
            log.note("begins");
            wait.lock().unwrap().recv().unwrap();
        });
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    // Paused time does not advance by itself while a thread is blocked.
    while harness.log.lines().is_empty() {
        tokio::task::yield_now().await;
    }
    for _ in 0..120 {
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
    }
    let health = service.handle.health();
    assert_eq!(health.subscriptions[0].overdue, 1);
    assert_eq!(health.counters().received, 1);
    release.send(()).unwrap();
    harness.drained().await;
    let health = service.handle.health();
    assert_eq!(health.subscriptions[0].overdue, 0);
    assert_eq!(
        (health.counters().succeeded, health.counters().retried),
        (1, 0)
    );
    assert_eq!(harness.log.lines(), ["begins"]);
}

#[tokio::test(start_paused = true)]
async fn a_transport_can_be_chosen_at_run_time() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("h")
        .register("t", move |event: &Event| log.note(event.id()));
    let chosen: Arc<dyn eventkit::transport::Transport> = Arc::new(harness.memory.clone());
    let app = eventkit::Dispatcher::new(&harness.registry)
        .build()
        .unwrap();
    let service = eventkit_service::Service::new("tests", &app).transport(Arc::clone(&chosen));
    let _service = super::harness::Running::start(service).await;
    chosen.publish(&event("t", "1")).await.unwrap();
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["1"]);
}
