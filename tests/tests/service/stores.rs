//! Failures of stores do not fail events: the event waits, and its handler is not run again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use eventkit::transport::{BoxFuture, TransportErrorKind};
use eventkit::{BoxError, Event, Policy};
use eventkit_service::memory::{Faults, Memory};
use eventkit_service::{
    Claim, ClaimToken, Counters, Inbox, InboxKey, LastError, MemoryInbox, Outgoing, ServiceBuilder,
    SubscriptionHealth,
};
use tokio::time::{Instant, sleep, timeout};

use super::event;
use super::harness::{FailingPublisher, Fault, LONG, Running, TestHarness, take_all, wait_until};

/// A switch that a test changes while the service runs.
#[derive(Debug, Clone, Default)]
struct Switch(Arc<AtomicBool>);

impl Switch {
    fn on() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn turn_off(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// An inbox whose calls fail or hang.
#[derive(Debug)]
struct BrokenInbox {
    inbox: MemoryInbox,
    claim_fails: Switch,
    complete_fails: Switch,
    claim_hangs: Switch,
    renew_fails: Switch,
}

impl BrokenInbox {
    fn new() -> Self {
        Self {
            inbox: MemoryInbox::new(),
            claim_fails: Switch::default(),
            complete_fails: Switch::default(),
            claim_hangs: Switch::default(),
            renew_fails: Switch::default(),
        }
    }
}

impl Inbox for BrokenInbox {
    fn claim<'a>(
        &'a self,
        key: InboxKey<'a>,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, BoxError>> {
        Box::pin(async move {
            if self.claim_hangs.is_on() {
                std::future::pending::<()>().await;
            }
            if self.claim_fails.is_on() {
                return Err("no claims".into());
            }
            self.inbox.claim(key, lease).await
        })
    }

    fn complete<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            if self.complete_fails.is_on() {
                return Err("no completions".into());
            }
            self.inbox.complete(key).await
        })
    }

    fn renew<'a>(
        &'a self,
        key: InboxKey<'a>,
        token: ClaimToken,
        lease: Duration,
    ) -> BoxFuture<'a, Result<bool, BoxError>> {
        Box::pin(async move {
            if self.renew_fails.is_on() {
                return Err("no renewals".into());
            }
            self.inbox.renew(key, token, lease).await
        })
    }

    fn release<'a>(
        &'a self,
        key: InboxKey<'a>,
        token: ClaimToken,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        self.inbox.release(key, token)
    }
}

/// Returns a handler that sends three events, and logs the run.
fn script(
    harness: &TestHarness,
) -> impl Fn(&Outgoing) -> Result<(), BoxError> + Send + Sync + 'static {
    let log = harness.log.clone();
    move |outgoing| {
        log.note("run");
        for id in ["1", "2", "3"] {
            outgoing.send_event(event("sent", id))?;
        }
        Ok(())
    }
}

/// Returns a publisher that rejects everything while a switch is on.
fn refusing(memory: &Memory, refuses: &Switch, kind: TransportErrorKind) -> FailingPublisher {
    let refuses = refuses.clone();
    FailingPublisher::new(memory, move |_| {
        if refuses.is_on() {
            Fault::Refused(kind)
        } else {
            Fault::None
        }
    })
}

/// Returns a policy with a single attempt.
fn once(service: ServiceBuilder) -> ServiceBuilder {
    service.policy(Policy::new().attempts(1))
}

/// Waits until a subscription has an error, and returns it.
async fn error_of(
    service: &Running,
    error: fn(&SubscriptionHealth) -> &Option<LastError>,
) -> String {
    let has_error = |own: &SubscriptionHealth| error(own).is_some();
    let health = service
        .handle
        .wait_for(|health| health.subscriptions.iter().any(has_error));
    let health = timeout(LONG, health)
        .await
        .expect("the subscription should have an error");
    assert!(!health.is_ready());
    let subscription = &health.subscriptions[0];
    assert_eq!(&subscription.last_error, error(subscription));
    error(subscription).clone().unwrap().message
}

/// Asserts that a message is kept for a day and received once, while no handler runs.
async fn assert_kept(harness: &TestHarness, service: &Running, subscription: &str) {
    let runs = harness.log.lines().len();
    sleep(Duration::from_hours(24)).await;
    assert_eq!(harness.log.lines().len(), runs);
    assert_eq!(harness.memory.unsettled(subscription), 1);
    assert!(!service.handle.is_ready());
    let Counters {
        received,
        retried,
        dead_lettered,
        succeeded,
        ..
    } = service.handle.health().counters();
    assert_eq!((received, retried, dead_lettered, succeeded), (1, 0, 0, 0));
}

/// Starts a service, and publishes an event for its handler.
async fn start(harness: &TestHarness, service: ServiceBuilder) -> Running {
    let service = Running::start(service).await;
    harness.publish(&event("cause", "1")).await;
    service
}

/// Asserts that everything is settled after one run of the handler, which sent three events.
async fn assert_succeeds(harness: &TestHarness, service: &Running, out: &Memory) {
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["run"]);
    assert_eq!(take_all(out).await.len(), 3);
    assert_eq!(service.handle.health().counters().succeeded, 1);
    assert!(service.handle.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_not_run_again_while_its_outgoing_events_cannot_be_stored() {
    for kind in [
        TransportErrorKind::Unavailable,
        TransportErrorKind::Configuration,
        TransportErrorKind::Closed,
    ] {
        let (harness, out, down) = (TestHarness::new(), Memory::new(), Switch::on());
        let service = once(harness.sending(script(&harness)));
        let service = service.outgoing_publisher(refusing(&out, &down, kind));
        let service = start(&harness, service).await;
        let error = error_of(&service, |own| &own.outgoing_error).await;
        assert_eq!(error, "refused by the test: no room");
        assert_kept(&harness, &service, "tests--send").await;
        down.turn_off();
        assert_succeeds(&harness, &service, &out).await;
    }
}

#[tokio::test(start_paused = true)]
async fn temporary_failures_of_a_publisher_count_no_attempt() {
    for failures in 0..10 {
        for fault in [
            || Fault::Refused(TransportErrorKind::Unavailable),
            || Fault::Unconfirmed,
            || Fault::Hangs,
        ] {
            let (harness, out) = (TestHarness::new(), Memory::new());
            let calls = AtomicU32::new(0);
            let publisher = FailingPublisher::new(&out, move |_| {
                if calls.fetch_add(1, Ordering::Relaxed) < failures {
                    fault()
                } else {
                    Fault::None
                }
            });
            let service = once(harness.sending(script(&harness))).outgoing_publisher(publisher);
            let service = start(&harness, service).await;
            assert_succeeds(&harness, &service, &out).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_outgoing_event_fails_its_handler() {
    let (harness, out, rejects) = (TestHarness::new(), Memory::new(), Switch::on());
    let service = harness.sending(script(&harness));
    let service = service
        .policy(Policy::new().attempts(2))
        .outgoing_publisher(refusing(&out, &rejects, TransportErrorKind::Rejected));
    let service = start(&harness, service).await;
    let letter = harness.dead(1).await.remove(0);
    assert_eq!(
        (letter.attempts, letter.error.as_str()),
        (2, "refused by the test: no room")
    );
    assert_eq!(harness.log.lines().len(), 2);
    assert!(service.handle.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_store_has_an_error_until_no_message_waits_for_it() {
    let (harness, out) = (TestHarness::new(), Memory::new());
    let (first, second) = (Switch::on(), Switch::on());
    let switches = [("first", first.clone()), ("second", second.clone())];
    let publisher = FailingPublisher::new(&out, move |ty| {
        let is_down = |(own, down): &(&str, Switch)| *own == ty && down.is_on();
        if switches.iter().any(is_down) {
            Fault::Refused(TransportErrorKind::Unavailable)
        } else {
            Fault::None
        }
    });
    let runs = AtomicU32::new(0);
    let service = harness.sending(move |outgoing| {
        let ty = ["first", "second"][runs.fetch_add(1, Ordering::Relaxed) as usize];
        Ok(outgoing.send_event(event(ty, "1"))?)
    });
    let service = Running::start(service.outgoing_publisher(publisher)).await;
    for id in ["1", "2"] {
        harness.publish(&event("cause", id)).await;
    }
    sleep(Duration::from_mins(10)).await;
    assert!(!service.handle.is_ready());
    first.turn_off();
    sleep(Duration::from_mins(10)).await;
    assert_eq!(harness.memory.unsettled("tests--send"), 1);
    assert!(!service.handle.is_ready());
    second.turn_off();
    harness.drained().await;
    assert!(service.handle.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_while_waiting_for_a_store_runs_no_handler_again() {
    let (harness, out, down) = (TestHarness::new(), Memory::new(), Switch::on());
    let service = once(harness.sending(script(&harness)));
    let publisher = refusing(&out, &down, TransportErrorKind::Unavailable);
    let service = start(&harness, service.outgoing_publisher(publisher)).await;
    wait_until(|| !service.handle.is_ready()).await;
    for _ in 0..5 {
        harness.memory.disconnect();
        sleep(Duration::from_mins(10)).await;
    }
    down.turn_off();
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["run"]);
    assert_eq!(take_all(&out).await.len(), 3);
    assert_eq!(service.handle.health().counters().dead_lettered, 0);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_while_waiting_for_a_store_releases_the_message_and_its_claim() {
    for is_async in [true, false] {
        let (harness, out, down) = (TestHarness::new(), Memory::new(), Switch::on());
        let inbox = MemoryInbox::new();
        let build = || {
            let script = script(&harness);
            let service = if is_async {
                harness.sending(script)
            } else {
                harness.sending_sync(script)
            };
            once(service)
                .inbox(inbox.clone())
                .outgoing_publisher(refusing(&out, &down, TransportErrorKind::Unavailable))
        };
        let service = start(&harness, build()).await;
        wait_until(|| !service.handle.is_ready()).await;
        let stopped = service.stop().await;
        assert_eq!((stopped.released, stopped.abandoned), (1, 0));
        down.turn_off();
        let service = Running::start(build()).await;
        let start = Instant::now();
        harness.drained().await;
        assert!(start.elapsed() < Duration::from_secs(5));
        assert_eq!(harness.log.lines().len(), 2);
        assert_eq!(take_all(&out).await.len(), 3);
        assert_eq!(service.handle.health().counters().dead_lettered, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_the_store_within_its_timeout() {
    let (harness, out, down) = (TestHarness::new(), Memory::new(), Switch::on());
    let service = once(harness.sending(script(&harness)))
        .shutdown_timeout(Duration::from_hours(1))
        .outgoing_publisher(refusing(&out, &down, TransportErrorKind::Unavailable));
    let service = start(&harness, service).await;
    wait_until(|| !service.handle.is_ready()).await;
    let mend = async {
        sleep(Duration::from_mins(30)).await;
        down.turn_off();
    };
    let (stopped, ()) = tokio::join!(service.stop(), mend);
    assert_eq!(stopped.released, 0);
    assert_eq!(take_all(&out).await.len(), 3);
    assert!(harness.memory.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_two_outgoing_events_stores_neither_twice() {
    let (harness, out, hangs) = (TestHarness::new(), Memory::new(), Switch::on());
    let build = || {
        let (log, hangs) = (harness.log.clone(), hangs.clone());
        let calls = AtomicU32::new(0);
        let publisher = FailingPublisher::new(&out, move |_| {
            if hangs.is_on() && calls.fetch_add(1, Ordering::Relaxed) == 1 {
                log.note("hangs");
                Fault::Hangs
            } else {
                Fault::None
            }
        });
        once(harness.sending(script(&harness))).outgoing_publisher(publisher)
    };
    let service = start(&harness, build()).await;
    wait_until(|| harness.log.lines().len() == 2).await;
    service.crash().await;
    hangs.turn_off();
    let _service = Running::start(build()).await;
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["run", "hangs", "run"]);
    assert_eq!(take_all(&out).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_handler_runs_while_the_inbox_grants_no_claims() {
    let harness = TestHarness::new();
    let mut inbox = BrokenInbox::new();
    let fails = Switch::on();
    inbox.claim_fails = fails.clone();
    let service = once(harness.sending(script(&harness))).inbox(inbox);
    let service = start(&harness, service).await;
    let error = error_of(&service, |own| &own.inbox_error).await;
    assert_eq!(error, "no claims");
    assert_kept(&harness, &service, "tests--send").await;
    fails.turn_off();
    wait_until(|| harness.memory.unsettled("tests--send") == 0).await;
    assert_eq!(harness.log.lines(), ["run"]);
    assert!(service.handle.is_ready());
}

#[tokio::test(start_paused = true)]
async fn an_inbox_that_hangs_is_reported() {
    let harness = TestHarness::new();
    let mut inbox = BrokenInbox::new();
    let hangs = Switch::on();
    inbox.claim_hangs = hangs.clone();
    let service = once(harness.sending(script(&harness))).inbox(inbox);
    let service = start(&harness, service).await;
    let error = error_of(&service, |own| &own.inbox_error).await;
    assert_eq!(error, "the inbox did not respond within 30s");
    hangs.turn_off();
    wait_until(|| harness.memory.unsettled("tests--send") == 0).await;
    assert_eq!(harness.log.lines(), ["run"]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_not_run_again_while_the_inbox_cannot_record_it() {
    let (harness, out) = (TestHarness::new(), Memory::new());
    let mut inbox = BrokenInbox::new();
    let fails = Switch::on();
    inbox.complete_fails = fails.clone();
    let service = once(harness.sending(script(&harness)))
        .inbox(inbox)
        .outgoing_publisher(out.clone());
    let service = start(&harness, service).await;
    let error = error_of(&service, |own| &own.inbox_error).await;
    assert_eq!(error, "no completions");
    assert_kept(&harness, &service, "tests--send").await;
    fails.turn_off();
    assert_succeeds(&harness, &service, &out).await;
}

/// Registers a handler with a duration that the test sets.
fn slow(harness: &TestHarness, takes: Duration) {
    let log = harness.log.clone();
    harness
        .registry
        .with_name("slow")
        .policy(Policy::new().timeout(LONG))
        .register_async("cause", move |_: Event| {
            log.note("run");
            sleep(takes)
        });
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_cannot_be_renewed_is_reported_until_it_can() {
    let harness = TestHarness::new();
    slow(&harness, Duration::from_hours(2));
    let mut inbox = BrokenInbox::new();
    let fails = Switch::on();
    inbox.renew_fails = fails.clone();
    let service = start(&harness, harness.service().inbox(inbox)).await;
    let error = error_of(&service, |own| &own.inbox_error).await;
    assert_eq!(error, "no renewals");
    fails.turn_off();
    wait_until(|| service.handle.is_ready()).await;
    assert_eq!(harness.memory.unsettled("tests--slow"), 1);
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["run"]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_claim_is_reported_and_the_next_one_is_kept() {
    let harness = TestHarness::new();
    slow(&harness, Duration::from_hours(2));
    let mut inbox = BrokenInbox::new();
    let (fails, shared) = (Switch::on(), inbox.inbox.clone());
    inbox.renew_fails = fails.clone();
    let service = start(&harness, harness.service().inbox(inbox)).await;
    wait_until(|| !service.handle.is_ready()).await;
    // Another process claims the event after the lease.
    sleep(Duration::from_mins(1)).await;
    let key = InboxKey::new("/tests", "1", "tests--slow");
    let claim = shared.claim(key, LONG).await.unwrap();
    let Claim::Granted(token) = claim else {
        panic!("{claim:?}");
    };
    fails.turn_off();
    wait_until(|| service.handle.is_ready()).await;
    let health = service.handle.health();
    let error = health.subscriptions[0].last_error.clone().unwrap().message;
    assert!(
        error.starts_with("lost the claim of a running handler"),
        "{error}"
    );
    service.crash().await;
    assert!(shared.renew(key, token, LONG).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_kept_while_outgoing_events_cannot_be_stored() {
    let memory = Memory::builder().faults(Faults::seeded(1).duplicate(1.0));
    let harness = TestHarness::on(memory.build());
    let (out, down) = (Memory::new(), Switch::on());
    let service = once(harness.sending(script(&harness)))
        .inbox(MemoryInbox::new())
        .outgoing_publisher(refusing(&out, &down, TransportErrorKind::Unavailable));
    let service = start(&harness, service).await;
    wait_until(|| !service.handle.is_ready()).await;
    sleep(Duration::from_hours(24)).await;
    assert_eq!(harness.log.lines(), ["run"]);
    down.turn_off();
    assert_succeeds(&harness, &service, &out).await;
    assert_eq!(service.handle.health().counters().duplicates, 1);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_while_the_inbox_is_unavailable_releases_the_message_at_once() {
    let harness = TestHarness::new();
    let mut inbox = BrokenInbox::new();
    inbox.claim_fails = Switch::on();
    let service = once(harness.sending(script(&harness))).inbox(inbox);
    let service = start(&harness, service).await;
    wait_until(|| !service.handle.is_ready()).await;
    let start = Instant::now();
    assert_eq!(service.stop().await.released, 1);
    assert!(start.elapsed() < Duration::from_secs(1));
    assert!(harness.log.lines().is_empty());
}

/// Registers a handler that fails for the event with the id `bad`.
fn failing(harness: &TestHarness, policy: Policy) {
    let log = harness.log.clone();
    harness
        .registry
        .with_name("failing")
        .policy(policy)
        .register("t", move |event: &Event| {
            log.note(event.id());
            if event.id() == "bad" {
                Err("no")
            } else {
                Ok(())
            }
        });
}

#[tokio::test(start_paused = true)]
async fn other_events_are_handled_while_a_dead_letter_cannot_be_stored() {
    let (harness, letters) = (TestHarness::new(), Memory::new());
    failing(&harness, Policy::new().attempts(1).concurrency(1));
    let service = harness.service().dead_letter_publisher(letters.clone());
    let service = Running::start(service).await;
    letters.close();
    harness.publish(&event("t", "bad")).await;
    let error = error_of(&service, |own| &own.dead_letter_error).await;
    assert_eq!(error, "the memory transport is closed");
    assert_kept(&harness, &service, "tests--failing").await;
    harness.publish(&event("t", "good")).await;
    wait_until(|| service.handle.health().counters().succeeded == 1).await;
    assert_eq!(harness.log.lines(), ["bad", "good"]);
    letters.reopen();
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["bad", "good"]);
    assert_eq!(service.handle.health().counters().dead_lettered, 1);
    assert!(service.handle.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_while_a_dead_letter_cannot_be_stored_releases_its_message() {
    let (harness, letters) = (TestHarness::new(), Memory::new());
    failing(&harness, Policy::new().attempts(1));
    let build = || harness.service().dead_letter_publisher(letters.clone());
    let service = Running::start(build()).await;
    letters.close();
    harness.publish(&event("t", "bad")).await;
    wait_until(|| !service.handle.is_ready()).await;
    assert_eq!(service.stop().await.released, 1);
    assert_eq!(harness.memory.unsettled("tests--failing"), 1);
    letters.reopen();
    let service = Running::start(build()).await;
    harness.drained().await;
    assert_eq!(service.handle.health().counters().dead_lettered, 1);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_another_process_stored_clears_the_error() {
    let harness = TestHarness::new();
    failing(&harness, Policy::new().attempts(1));
    let (letters, down) = (Memory::new(), Switch::on());
    let first = harness.service().dead_letter_publisher(refusing(
        &letters,
        &down,
        TransportErrorKind::Unavailable,
    ));
    let first = Running::start(first).await;
    harness.publish(&event("t", "bad")).await;
    error_of(&first, |own| &own.dead_letter_error).await;
    // The second process gets the message, and stores its dead letter.
    let second = harness.service().dead_letter_publisher(letters.clone());
    let second = Running::start(second).await;
    while second.handle.health().counters().received == 0 {
        // Either process may be the first to subscribe again.
        harness.memory.disconnect();
        sleep(Duration::from_secs(1)).await;
    }
    harness.drained().await;
    assert_eq!(second.handle.health().counters().dead_lettered, 1);
    assert!(!first.handle.is_ready());
    down.turn_off();
    wait_until(|| first.handle.is_ready()).await;
    assert_eq!(harness.log.lines(), ["bad", "bad"]);
    assert_eq!(first.handle.health().counters().in_flight, 0);
    // Both stored it under the same id.
    assert_eq!(letters.len(), 1);
}
