//! An event that crashes its process is identified, and no other event is mistaken for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use eventkit::transport::{DeliveryRecord, Subscription, Transport};
use eventkit::{Dispatcher, Event, Policy};
use eventkit_service::{MemoryInbox, Service};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::distant::Distant;
use super::event;
use super::harness::{Log, Running, TestHarness, crash_until_settled, wait_until};

/// The number of runs in which an event crashes its process before it is a dead letter: one
/// unsuspected, three together with other suspects, and four alone.
const RUNS: usize = 8;

/// A counter of the events that are being handled.
#[derive(Clone, Default)]
struct Handling(Arc<AtomicUsize>);

struct HandlingGuard(Handling);

impl Handling {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn begin(&self) -> HandlingGuard {
        self.0.fetch_add(1, Ordering::Relaxed);
        HandlingGuard(self.clone())
    }
}

impl Drop for HandlingGuard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Registers a handler that logs its events, each of which takes a while. The event `crasher`
/// crashes the process.
fn crashing(harness: &TestHarness, name: &'static str, handling: &Handling, crash: &Arc<Notify>) {
    let (log, handling, crash) = (harness.log.clone(), handling.clone(), Arc::clone(crash));
    harness
        .registry
        .with_name(name)
        .policy(Policy::new().attempts(2))
        .register_async("t", move |event: Event| {
            let (log, handling, crash) = (log.clone(), handling.clone(), Arc::clone(&crash));
            async move {
                if event.id() == "crasher" && name == "crashing" {
                    log.note(format!("crashes beside {}", handling.count()));
                    sleep(Duration::from_secs(1)).await;
                    log.note(format!("crashes beside {}", handling.count()));
                    crash.notify_one();
                    return std::future::pending().await;
                }
                let _handling = handling.begin();
                sleep(Duration::from_secs(3)).await;
                log.note(format!("{name} {}", event.id()));
            }
        });
}

/// Publishes a crasher among other events.
async fn publish(harness: &TestHarness, bystanders: usize) {
    for id in 0..bystanders {
        if id == bystanders / 2 {
            harness.publish(&event("t", "crasher")).await;
        }
        harness.publish(&event("t", id.to_string())).await;
    }
}

/// Asserts that the crasher is the only dead letter, and that all other events were handled.
async fn assert_only_crasher_is_dead(harness: &TestHarness, bystanders: usize) {
    let letter = harness.dead(1).await.remove(0);
    assert_eq!(letter.event().unwrap().id(), "crasher");
    assert_eq!(letter.error, "ended its process 4 times while it ran alone");
    let mut handled = harness.log.sorted();
    handled.retain(|line| line.starts_with("crashing "));
    handled.dedup();
    assert_eq!(handled.len(), bystanders);
}

/// Returns the log lines of the crasher.
fn crashes(log: &Log) -> Vec<String> {
    let mut lines = log.lines();
    lines.retain(|line| line.starts_with("crashes"));
    lines
}

#[tokio::test(start_paused = true)]
async fn a_crasher_among_two_hundred_events_is_the_only_dead_letter() {
    let harness = TestHarness::new();
    let crash = Arc::new(Notify::new());
    crashing(&harness, "crashing", &Handling::default(), &crash);
    publish(&harness, 200).await;
    let build = || harness.service();
    let (count, _service) = crash_until_settled(&harness, build, &crash, "tests--crashing").await;
    assert_eq!(count as usize, RUNS);
    assert_only_crasher_is_dead(&harness, 200).await;
}

#[tokio::test(start_paused = true)]
async fn claims_of_crashed_processes_convict_no_event() {
    let harness = TestHarness::new();
    let crash = Arc::new(Notify::new());
    crashing(&harness, "crashing", &Handling::default(), &crash);
    publish(&harness, 50).await;
    let inbox = MemoryInbox::new();
    // A claim lasts longer than the time until the redelivery of its message.
    let build = || harness.service().inbox(inbox.clone());
    let (count, _service) = crash_until_settled(&harness, build, &crash, "tests--crashing").await;
    assert_eq!(count as usize, RUNS);
    assert_only_crasher_is_dead(&harness, 50).await;
}

#[tokio::test(start_paused = true)]
async fn a_suspect_finally_runs_alone_in_the_whole_service() {
    let harness = TestHarness::new();
    let (crash, handling) = (Arc::new(Notify::new()), Handling::default());
    for name in ["crashing", "other"] {
        crashing(&harness, name, &handling, &crash);
    }
    publish(&harness, 900).await;
    let build = || harness.service().ack_wait(Duration::from_secs(1));
    for _ in 0..RUNS {
        let service = Running::start(build()).await;
        crash.notified().await;
        assert!(harness.memory.unsettled("tests--other") > 100);
        service.crash().await;
    }
    let crashes = crashes(&harness.log);
    assert_eq!(crashes.len(), 2 * RUNS);
    let alone = vec!["crashes beside 0"; 8];
    assert_eq!(crashes[8..], alone, "{crashes:?}");
    assert!(!alone.contains(&crashes[0].as_str()), "{crashes:?}");
}

/// Delivers an event to a process that crashes, after it has stored a delivery record.
async fn deliver_and_die(harness: &TestHarness, record: DeliveryRecord) {
    let types = ["t", "eventkit.replay.tests--h"];
    let subscription = Subscription::new("tests--h", types);
    let mut consumer = harness.memory.subscribe(&subscription).await.unwrap();
    harness.publish(&event("t", "suspect")).await;
    let incoming = consumer.next().await.unwrap().unwrap();
    incoming.handle.store_record(record).await.unwrap();
}

fn suspect_runs(runs: u32) -> DeliveryRecord {
    let mut record = DeliveryRecord::default();
    record.suspect_runs = runs;
    record
}

#[tokio::test(start_paused = true)]
async fn a_suspect_that_cannot_run_alone_is_released_and_retried() {
    for ordered in [false, true] {
        let harness = TestHarness::new();
        let (log, busy) = (harness.log.clone(), harness.log.clone());
        let key = |policy: Policy| {
            if ordered {
                policy.key("source")
            } else {
                policy
            }
        };
        harness
            .registry
            .with_name("h")
            .policy(key(Policy::new().attempts(1)))
            .register_async("t", move |event: Event| {
                log.note(event.id());
                async {}
            });
        harness
            .registry
            .with_name("busy")
            .policy(Policy::new().timeout(Duration::from_hours(2)))
            .register_async("b", move |_: Event| {
                let log = busy.clone();
                async move {
                    log.note("busy");
                    sleep(Duration::from_hours(1)).await;
                    log.note("idle");
                }
            });
        deliver_and_die(&harness, suspect_runs(3)).await;
        harness.publish(&event("b", "1")).await;
        let service = harness.start().await;
        sleep(Duration::from_mins(30)).await;
        // Other events are handled meanwhile.
        let other = event("t", "other").to_builder().source("/others").build();
        harness.publish(&other.unwrap()).await;
        harness.drained().await;
        assert_eq!(harness.log.lines(), ["busy", "other", "idle", "suspect"]);
        assert_eq!(service.handle.health().counters().dead_lettered, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_suspect_whose_run_completes_is_cleared() {
    let harness = TestHarness::new();
    let (log, runs) = (harness.log.clone(), AtomicUsize::new(0));
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().timeout(Duration::from_mins(1)))
        .register_async("t", move |event: Event| {
            let (log, run) = (log.clone(), runs.fetch_add(1, Ordering::Relaxed));
            async move {
                log.note(event.id());
                match run {
                    // It fails, times out, and is interrupted by a shutdown and by a crash, in this
                    // order.
                    0 => Err("no"),
                    1..=3 => std::future::pending().await,
                    _ => Ok(()),
                }
            }
        });
    deliver_and_die(&harness, suspect_runs(6)).await;
    let build = || harness.service().shutdown_timeout(Duration::ZERO);
    let service = Running::start(build()).await;
    wait_until(|| harness.log.lines().len() == 3).await;
    service.stop().await;
    let service = Running::start(build()).await;
    wait_until(|| harness.log.lines().len() == 4).await;
    service.crash().await;
    let service = Running::start(build()).await;
    harness.drained().await;
    let counters = service.handle.health().counters();
    assert_eq!((counters.succeeded, counters.dead_lettered), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_suspect_that_hangs_does_not_block_others() {
    let harness = TestHarness::new();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let log = harness.log.clone();
    harness
        .registry
        .with_name("h")
        .register("t", move |event: &Event| {
            log.note(event.id());
            if event.id() == "suspect" {
                wait.lock().unwrap().recv().unwrap();
            }
        });
    deliver_and_die(&harness, suspect_runs(3)).await;
    let _service = harness.start().await;
    harness.publish(&event("t", "before")).await;
    // Paused time does not advance by itself while a thread is blocked.
    let advance = async |lines: usize| {
        for _ in 0..300 {
            tokio::time::advance(Duration::from_secs(1)).await;
            tokio::task::yield_now().await;
        }
        while harness.log.lines().len() < lines {
            tokio::time::advance(Duration::from_secs(1)).await;
            tokio::task::yield_now().await;
        }
    };
    advance(2).await;
    harness.publish(&event("t", "after")).await;
    advance(3).await;
    assert_eq!(harness.log.lines(), ["before", "suspect", "after"]);
    release.send(()).unwrap();
    harness.drained().await;
}

#[tokio::test(start_paused = true)]
async fn a_suspect_that_could_not_run_is_not_convicted() {
    let harness = TestHarness::new();
    let transport = Distant::new(harness.memory.clone(), Duration::from_millis(20));
    transport.confirms_no_records.store(true, Ordering::Relaxed);
    let confirms_no_records = Arc::clone(&transport.confirms_no_records);
    let log = harness.log.clone();
    let policy = Policy::new().timeout(Duration::from_secs(5));
    harness
        .registry
        .with_name("h")
        .policy(policy)
        .register("t", move |event: &Event| log.note(event.id()));
    deliver_and_die(&harness, suspect_runs(3)).await;
    let app = Dispatcher::new(&harness.registry).build().unwrap();
    let service = Service::new("tests", &app).transport(transport);
    let service = Running::start(service).await;
    sleep(Duration::from_mins(30)).await;
    assert!(harness.log.lines().is_empty());
    confirms_no_records.store(false, Ordering::Relaxed);
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["suspect"]);
    assert_eq!(service.handle.health().counters().dead_lettered, 0);
}

#[tokio::test(start_paused = true)]
async fn a_successful_suspect_does_not_wait_for_its_record() {
    let harness = TestHarness::new();
    let transport = Distant::new(harness.memory.clone(), Duration::from_millis(20));
    let (log, denies) = (harness.log.clone(), Arc::clone(&transport.denies_records));
    harness
        .registry
        .with_name("h")
        .register("t", move |event: &Event| {
            log.note(event.id());
            denies.store(true, Ordering::Relaxed);
        });
    deliver_and_die(&harness, suspect_runs(1)).await;
    let app = Dispatcher::new(&harness.registry).build().unwrap();
    let service = Service::new("tests", &app).transport(transport);
    let service = Running::start(service).await;
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["suspect"]);
    assert!(service.handle.is_ready());
}

#[tokio::test(start_paused = true)]
async fn others_are_handled_while_a_suspect_waits_to_run_alone() {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    harness
        .registry
        .with_name("h")
        .register("t", move |event: &Event| log.note(event.id()));
    let log = harness.log.clone();
    harness
        .registry
        .with_name("quick")
        .register("q", move |event: &Event| log.note(event.id()));
    harness
        .registry
        .with_name("busy")
        .policy(Policy::new().timeout(Duration::from_hours(2)))
        .register_async("b", |_: Event| sleep(Duration::from_hours(1)));
    deliver_and_die(&harness, suspect_runs(3)).await;
    harness.publish(&event("b", "1")).await;
    let _service = harness.start().await;
    let mut delayed = 0;
    for id in 1..=3000 {
        harness.publish(&event("q", format!("q{id}"))).await;
        sleep(Duration::from_secs(1)).await;
        delayed += usize::from(harness.log.lines().len() < id);
    }
    assert!(delayed < 400, "too many events had to wait: {delayed}");
    harness.drained().await;
    assert!(harness.log.lines().contains(&"suspect".to_owned()));
}
