//! Processes of two deployments run side by side. No event is lost, and each is handled as the
//! later deployment defines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eventkit::event::Timestamp;
use eventkit::filter::Filter;
use eventkit::transport::{StartPosition, TransportError};
use eventkit::{Dispatcher, Event, Policy, Registry, handles};
use eventkit_service::memory::Memory;
use eventkit_service::{Health, MemoryInbox, Service, ServiceBuilder, ServiceIssue};
use tokio::time::sleep;

use super::event;
use super::harness::{Running, TestHarness, take_all, wait_until};

/// Registers a handler that logs its events with the name of its process.
fn noting(
    harness: &TestHarness,
    process: &'static str,
    pattern: &str,
    name: &'static str,
    former: &'static [&'static str],
) {
    let log = harness.log.clone();
    harness
        .registry
        .with_name(name)
        .formerly(former)
        .register_async(pattern, move |event: Event| {
            let log = log.clone();
            async move {
                sleep(Duration::from_millis(20)).await;
                log.note(format!("{process} {}", event.id()));
            }
        });
}

/// Returns an earlier and a later process that share a transport and a log.
fn deployments() -> (TestHarness, TestHarness) {
    let (old, mut new) = (TestHarness::new(), TestHarness::new());
    new.memory = old.memory.clone();
    new.log = old.log.clone();
    (old, new)
}

fn superseded(running: &Running) -> bool {
    running.handle.health().subscriptions[0].superseded
}

/// Asserts that each event was handled once, by either process.
fn assert_once(harness: &TestHarness, ids: impl Iterator<Item = String>) {
    let mut handled: Vec<String> = harness.log.lines();
    for line in &mut handled {
        *line = line.split_off(4);
    }
    handled.sort();
    let mut expected: Vec<String> = ids.collect();
    expected.sort();
    assert_eq!(handled, expected);
}

#[tokio::test(start_paused = true)]
async fn an_earlier_process_leaves_events_that_only_a_wider_pattern_selects() {
    let (old, new) = deployments();
    noting(&old, "old", "co.ev", "h", &[]);
    noting(&new, "new", "co.*", "h", &[]);
    let earlier = old.start().await;
    let later = new.start().await;
    assert!(superseded(&earlier) && !superseded(&later));
    assert!(earlier.handle.is_ready());
    for id in 0..400 {
        let ty = if id % 2 == 0 { "co.ev" } else { "co.other" };
        old.publish(&event(ty, id.to_string())).await;
    }
    old.drained().await;
    assert_once(&old, (0..400).map(|id| id.to_string()));
    let lines = old.log.lines();
    let of_earlier = |line: &&String| line.starts_with("old");
    assert!(lines.iter().filter(of_earlier).count() > 50);
    assert!(earlier.handle.health().counters().filtered <= 200);
}

#[tokio::test(start_paused = true)]
async fn a_later_process_acknowledges_events_that_a_narrower_pattern_excludes() {
    let (old, new) = deployments();
    noting(&old, "old", "co.*", "h", &[]);
    noting(&new, "new", "co.ev", "h", &[]);
    let earlier = old.start().await;
    for id in 0..40 {
        old.publish(&event("co.ev", id.to_string())).await;
        old.publish(&event("co.other", format!("other {id}"))).await;
    }
    earlier.stop().await;
    let later = new.start().await;
    old.drained().await;
    let lines = old.log.lines();
    assert_eq!(
        lines.iter().filter(|line| !line.contains("other")).count(),
        40
    );
    assert!(later.handle.health().counters().filtered > 0);
}

#[tokio::test(start_paused = true)]
async fn an_earlier_process_leaves_events_that_only_a_later_filter_selects() {
    let (old, new) = deployments();
    for (harness, process, prefix) in [(&old, "old", "a"), (&new, "new", "b")] {
        let log = harness.log.clone();
        harness
            .registry
            .with_filter(Filter::prefix([("id", prefix)]).unwrap())
            .name("h")
            .register("t", move |event: &Event| {
                log.note(format!("{process} {}", event.id()));
            });
    }
    let earlier = old.start().await;
    let later = new.start().await;
    for id in 0..200 {
        old.publish(&event("t", format!("b{id}"))).await;
    }
    old.drained().await;
    assert_once(&old, (0..200).map(|id| format!("b{id}")));
    // No event is a suspect, although most were delivered to both processes.
    let health = later.handle.health();
    assert_eq!(health.counters().succeeded, 200);
    assert!(superseded(&earlier) && !superseded(&later));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_an_earlier_process_left_is_not_a_suspect() {
    let (old, new) = deployments();
    noting(&old, "old", "co.ev", "h", &[]);
    let (log, many) = (new.log.clone(), Arc::new(tokio::sync::Barrier::new(16)));
    new.registry
        .with_name("h")
        .register_async("co.*", move |event: Event| {
            let (log, many) = (log.clone(), Arc::clone(&many));
            async move {
                // At most 8 suspects run concurrently.
                many.wait().await;
                log.note(format!("new {}", event.id()));
            }
        });
    let earlier = old.start().await;
    let later = new.start().await;
    later.stop().await;
    for id in 0..16 {
        old.publish(&event("co.other", id.to_string())).await;
    }
    let filtered = |health: &Health| health.counters().filtered == 16;
    earlier.handle.wait_for(filtered).await;
    earlier.stop().await;
    let _later = new.start().await;
    old.drained().await;
    assert_eq!(old.log.lines().len(), 16);
}

#[tokio::test(start_paused = true)]
async fn a_renamed_handler_continues_its_subscription() {
    let (old, new) = deployments();
    noting(&old, "old", "t", "mail", &[]);
    noting(&new, "new", "t", "receipt", &["letter", "mail"]);
    let inbox = MemoryInbox::new();
    for id in 0..100 {
        old.publish(&event("t", id.to_string())).await;
    }
    let earlier = Running::start(old.service().inbox(inbox.clone())).await;
    wait_until(|| old.log.lines().len() > 30).await;
    // First both side by side, then only the later one.
    let later = Running::start(new.service().inbox(inbox)).await;
    for id in 100..200 {
        old.publish(&event("t", id.to_string())).await;
    }
    sleep(Duration::from_millis(50)).await;
    earlier.stop().await;
    old.drained().await;
    assert_once(&old, (0..200).map(|id| id.to_string()));
    assert_eq!(
        later.handle.health().subscriptions[0].name,
        "tests--receipt"
    );
    // A rollback continues the subscription too.
    later.stop().await;
    let _earlier = old.start().await;
    old.publish(&event("t", "200")).await;
    old.drained().await;
    assert_once(&old, (0..201).map(|id| id.to_string()));
}

#[tokio::test(start_paused = true)]
async fn dead_letters_of_a_former_name_are_replayed_to_the_handler() {
    let (old, new) = deployments();
    old.registry
        .with_name("mail")
        .policy(Policy::new().attempts(1))
        .register("t", |_: &Event| Err::<(), _>("no printer"));
    noting(&new, "new", "t", "receipt", &["mail"]);
    let earlier = old.start().await;
    old.publish(&event("t", "1")).await;
    let letter = old.dead(1).await.remove(0);
    assert_eq!(letter.subscription, "tests--mail");
    earlier.stop().await;
    let _later = new.start().await;
    assert_eq!(old.letters().replay_all().await.unwrap(), 1);
    old.drained().await;
    assert_eq!(old.log.lines(), ["new 1"]);
}

#[tokio::test(start_paused = true)]
async fn dead_letters_of_a_removed_former_name_can_be_replayed_by_name() {
    let (old, new) = deployments();
    let mut last = TestHarness::new();
    last.memory = old.memory.clone();
    last.log = old.log.clone();
    old.registry
        .with_name("mail")
        .policy(Policy::new().attempts(1))
        .register("t", |_: &Event| Err::<(), _>("no printer"));
    noting(&new, "new", "t", "receipt", &["mail"]);
    noting(&last, "end", "t", "receipt", &[]);
    let earlier = old.start().await;
    old.publish(&event("t", "1")).await;
    old.dead(1).await;
    earlier.stop().await;
    new.start().await.stop().await;
    let _last = last.start().await;
    assert_eq!(old.letters().replay_all().await.unwrap(), 1);
    old.drained().await;
    assert_eq!(old.log.lines(), ["end 1"]);
}

#[tokio::test(start_paused = true)]
async fn dead_letters_of_a_later_name_are_replayed_after_a_rollback() {
    let (old, new) = deployments();
    noting(&old, "old", "t", "mail", &[]);
    new.registry
        .with_name("receipt")
        .formerly(&["mail"])
        .policy(Policy::new().attempts(1))
        .register("t", |_: &Event| Err::<(), _>("no printer"));
    old.start().await.stop().await;
    let later = new.start().await;
    for id in ["1", "2"] {
        new.publish(&event("t", id)).await;
    }
    let mut letters = new.dead(2).await;
    letters.sort_by_key(|letter| letter.event().unwrap().id().to_owned());
    assert_eq!(letters[0].subscription, "tests--receipt");
    later.stop().await;

    // Once immediately, and once after the earlier deployment is the latest again.
    let earlier = old.start().await;
    assert!(old.letters().replay(&letters[0]).await.unwrap());
    wait_until(|| old.log.lines() == ["old 1"]).await;
    earlier.stop().await;
    sleep(Duration::from_mins(6)).await;
    let earlier = old.start().await;
    assert!(!superseded(&earlier));
    assert!(old.letters().replay(&letters[1]).await.unwrap());
    old.drained().await;
    assert_eq!(old.log.lines(), ["old 1", "old 2"]);
}

static FIRST: Registry = Registry::new("first");
static THEN: Registry = Registry::new("then");
static RUNS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, eventkit::CloudEvent)]
#[cloudevent(type = "sent", source = "/mail")]
struct Sent {
    to: String,
}

/// A handler that sends an event, and at first takes longer than its process lives.
async fn send(out: eventkit_service::Outgoing) {
    out.send(&Sent { to: "me".into() }).unwrap();
    RUNS.fetch_add(1, Ordering::Relaxed);
}

#[handles("cause", registry = FIRST, name = "mail")]
async fn mail(_event: &Event, out: eventkit_service::Outgoing) {
    send(out).await;
}

#[handles("cause", registry = THEN, name = "receipt", formerly("letter", "mail"), start = "new")]
async fn receipt(_event: &Event, out: eventkit_service::Outgoing) {
    send(out).await;
}

#[tokio::test(start_paused = true)]
async fn outgoing_events_keep_their_ids_when_a_handler_is_renamed() {
    let (memory, out) = (Memory::new(), Memory::new());
    let build = |registry: &'static Registry| -> ServiceBuilder {
        let app = Dispatcher::new(registry).build().unwrap();
        let service = Service::new("tests", &app).transport(memory.clone());
        service.outgoing_publisher(out.clone())
    };
    let earlier = Running::start(build(&FIRST)).await;
    memory.set_faults(eventkit_service::memory::Faults::seeded(1).drop_ack(1.0));
    memory.publish(&event("cause", "1")).await.unwrap();
    wait_until(|| RUNS.load(Ordering::Relaxed) == 1).await;
    earlier.crash().await;
    memory.set_faults(eventkit_service::memory::Faults::default());
    let _later = Running::start(build(&THEN)).await;
    wait_until(|| memory.is_empty()).await;
    assert_eq!(RUNS.load(Ordering::Relaxed), 2);
    assert_eq!(take_all(&out).await.len(), 1);
}

#[test]
fn former_names_and_start_positions_are_passed_to_the_transport() {
    let handler = THEN.handlers().next().unwrap();
    assert_eq!(handler.former_names(), ["letter", "mail"]);
    assert_eq!(handler.start(), Some(StartPosition::New));
    let handler = TIMES.handlers().next().unwrap();
    let time: Timestamp = "2026-01-31T10:30:00.50+01:00".parse().unwrap();
    assert_eq!(handler.start(), Some(StartPosition::Time(time)));
    assert_eq!(handler.former_names(), ["before"]);
}

static TIMES: Registry = Registry::new("times");

#[handles(
    "t",
    registry = TIMES,
    formerly = "before",
    start = "2026-01-31T10:30:00.50+01:00"
)]
fn times(_event: &Event) {}

/// Publishes an event before a service starts and one after that, and returns which of them were
/// handled.
async fn handled_from(start: Option<StartPosition>, own: Option<StartPosition>) -> Vec<String> {
    let harness = TestHarness::new();
    let log = harness.log.clone();
    let registration = harness.registry.with_name("h");
    let registration = match own {
        Some(own) => registration.start(own),
        None => registration,
    };
    registration.register("t", move |event: &Event| log.note(event.id()));
    harness.publish(&event("t", "before")).await;
    let service = harness.service();
    let service = match start {
        Some(start) => service.start(start),
        None => service,
    };
    let _service = Running::start(service).await;
    harness.publish(&event("t", "after")).await;
    harness.drained().await;
    harness.log.sorted()
}

#[tokio::test(start_paused = true)]
async fn a_new_subscription_starts_at_its_start_position() {
    let time = |text: &str| Some(StartPosition::Time(text.parse().unwrap()));
    let (oldest, new) = (Some(StartPosition::Oldest), Some(StartPosition::New));
    for (service, own, both) in [
        (None, None, true),
        (oldest, None, true),
        (new, None, false),
        (new, oldest, true),
        (oldest, new, false),
        (time("1999-12-31T00:00:00Z"), None, true),
        (time("2999-12-31T00:00:00+01:00"), None, false),
    ] {
        let handled = handled_from(service, own).await;
        let expected: &[&str] = if both {
            &["after", "before"]
        } else {
            &["after"]
        };
        assert_eq!(handled, expected, "{service:?} {own:?}");
    }
}

/// A transport that does not support start positions.
#[derive(Debug)]
struct Unordered(Memory);

super::harness::forward_publisher!(Unordered, 0);

impl eventkit::transport::Transport for Unordered {
    fn name(&self) -> &'static str {
        "unordered"
    }

    fn check_subscription(
        &self,
        subscription: &eventkit::transport::Subscription,
    ) -> Result<(), TransportError> {
        match subscription.start {
            None => Ok(()),
            Some(_) => Err(TransportError::configuration(
                "start positions are not supported",
            )),
        }
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a eventkit::transport::Subscription,
    ) -> eventkit::transport::BoxFuture<
        'a,
        Result<Box<dyn eventkit::transport::Consumer>, TransportError>,
    > {
        self.0.subscribe(subscription)
    }
}

#[test]
fn an_unsupported_start_position_is_an_error_of_building_the_service() {
    let harness = TestHarness::new();
    noting(&harness, "new", "t", "h", &[]);
    let app = Dispatcher::new(&harness.registry).build().unwrap();
    let build = |start: Option<StartPosition>| {
        let service = Service::new("tests", &app).transport(Unordered(harness.memory.clone()));
        match start {
            Some(start) => service.start(start).build(),
            None => service.build(),
        }
    };
    assert!(build(None).is_ok());
    let error = build(Some(StartPosition::Oldest)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "service \"tests\": \"tests--h\" cannot subscribe on the transport \"unordered\": start \
         positions are not supported"
    );
}

#[test]
fn a_former_name_can_only_belong_to_one_handler() {
    let harness = TestHarness::new();
    noting(&harness, "new", "t", "a", &["b"]);
    noting(&harness, "new", "t", "b", &["c"]);
    noting(&harness, "new", "t", "d", &["c", "no.name"]);
    noting(&harness, "new", "t", "e", &["e"]);
    let error = harness.service().build().unwrap_err();
    let names: Vec<&str> = error
        .issues()
        .iter()
        .map(|issue| match issue {
            ServiceIssue::SameFormerName { name, .. } | ServiceIssue::Name(name) => name.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names, ["tests--b", "tests--c", "no.name", "tests--e"]);
}
