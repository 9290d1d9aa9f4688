//! A service with its handlers on NATS.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventkit::transport::{Publisher, RawMessage, TransportErrorKind};
use eventkit::{Dispatcher, Event, Policy, Registry, State, handles};
use eventkit_nats::Nats;
use eventkit_service::memory::Memory;
use eventkit_service::{
    DeadLetters, Outgoing, OutgoingError, RunError, Service, ServiceHandle, ShutdownReport,
};
use eventkit_tests::nats::Server;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, event, on};

/// How often each handler has succeeded with each event.
type Handled = Arc<Mutex<BTreeMap<(&'static str, String), u32>>>;

pub(super) async fn until(mut done: impl FnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !done() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.expect("it comes to that");
}

async fn publish(nats: &Nats, event: &Event) {
    while nats.publish(event).await.is_err() {
        sleep(Duration::from_millis(50)).await;
    }
}

pub(super) fn quick() -> Policy {
    Policy::new().initial_delay(Duration::from_millis(50))
}

/// Starts a service, and returns when it is ready.
pub(super) async fn start(
    registry: &Registry,
    nats: &Nats,
) -> (ServiceHandle, JoinHandle<Result<ShutdownReport, RunError>>) {
    let app = Dispatcher::new(registry).build().unwrap();
    let service = Service::new("tests", &app).transport(nats.clone());
    let service = service.build().unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(pending()));
    let ready = timeout(PATIENCE, handle.ready()).await;
    ready.expect("it is ready");
    (handle, running)
}

/// Counts that a handler has got an event.
fn note(handled: &Handled, name: &'static str, event: &Event) {
    let key = (name, event.id().to_owned());
    *handled.lock().unwrap().entry(key).or_default() += 1;
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_retry_make_dead_letters_and_replay_them_each_for_itself() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let registry = Registry::new("tests");
    let handled = Handled::default();
    let works = Arc::new(AtomicBool::new(false));
    let log = Arc::clone(&handled);
    registry
        .with_name("sound")
        .register("t.*", move |event: &Event| note(&log, "sound", event));
    let (log, mended) = (Arc::clone(&handled), Arc::clone(&works));
    let failing = registry.with_name("failing").policy(quick().attempts(3));
    failing.register("t.a", move |event: &Event| {
        note(&log, "failing", event);
        mended
            .load(Ordering::Relaxed)
            .then_some(())
            .ok_or("not yet")
    });
    let (handle, running) = start(&registry, &nats).await;

    publish(&nats, &event("t.a", "1").build().unwrap()).await;
    publish(&nats, &event("t.b", "2").build().unwrap()).await;
    until(|| handle.health().counters().dead_lettered == 1).await;
    let count = |name, id: &str| {
        let handled = handled.lock().unwrap();
        handled.get(&(name, id.to_owned())).copied().unwrap_or(0)
    };
    assert_eq!((count("sound", "1"), count("sound", "2")), (1, 1));
    assert_eq!(count("failing", "1"), 3);

    // It fails no more, and has the event again within the window for duplicates.
    works.store(true, Ordering::Relaxed);
    let letters = DeadLetters::new(nats.clone(), "tests");
    let listed = letters.list().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].subscription, "tests--failing");
    assert_eq!(listed[0].attempts, 3);
    assert_eq!(letters.replay_all().await.unwrap(), 1);
    until(|| count("failing", "1") == 4).await;
    assert_eq!((count("sound", "1"), count("sound", "2")), (1, 1));
    assert!(letters.list().await.unwrap().is_empty());
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_to_a_handler_that_was_removed_is_refused() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let handled = Handled::default();
    let before = Registry::new("tests");
    let failing = before.with_name("removed").policy(quick().attempts(1));
    failing.register("t", |_: &Event| Err::<(), _>("never"));
    let (handle, running) = start(&before, &nats).await;
    publish(&nats, &event("t", "1").build().unwrap()).await;
    until(|| handle.health().counters().dead_lettered == 1).await;
    handle.stop();
    running.await.unwrap().unwrap();

    // Its durable consumer is still there.
    let after = Registry::new("tests");
    let log = Arc::clone(&handled);
    after
        .with_name("kept")
        .register("t", move |event: &Event| note(&log, "kept", event));
    let (handle, running) = start(&after, &nats).await;
    until(|| handle.health().counters().succeeded == 1).await;
    let letters = DeadLetters::new(nats.clone(), "tests");
    let refused = letters.replay_all().await.unwrap_err().to_string();
    assert!(refused.contains("refused 1"), "{refused}");
    assert!(refused.contains("handlers: `tests--kept`"), "{refused}");
    assert_eq!(letters.list().await.unwrap().len(), 1);
    let letters = letters.replay_to("tests--kept");
    assert_eq!(letters.replay_all().await.unwrap(), 1);
    until(|| handle.health().counters().succeeded == 2).await;
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_and_headers_of_senders_are_not_those_of_services() {
    let Some(server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let registry = Registry::new("tests");
    let handled = Handled::default();
    let log = Arc::clone(&handled);
    registry
        .with_name("all")
        .register("*", move |event: &Event| note(&log, "all", event));
    let (handle, running) = start(&registry, &nats).await;
    let marked = event("t", "1").extension("deadletterhandler", "tests--other");
    let marked = marked.extension("replayfor", "tests--other");
    publish(&nats, &marked.build().unwrap()).await;
    // The value of the dead letter is the last one, and not the largest.
    let header = ("eventkit-subscription".to_owned(), "zzz".to_owned());
    let poison = RawMessage::new(vec![header.clone()], "poison");
    nats.publish_raw("t", &poison).await.unwrap();
    until(|| handle.health().counters().dead_lettered == 1).await;
    until(|| handle.health().counters().succeeded == 1).await;

    let letters = DeadLetters::new(nats.clone(), "tests");
    let listed = letters.list().await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0].subscription, "tests--all");
    let message = listed[0].message().unwrap();
    assert!(message.headers.contains(&header), "{message:?}");
    let reserved = event("eventkit.replay.tests--all", "2").build().unwrap();
    let refused = nats.publish(&reserved).await.unwrap_err();
    assert_eq!(refused.kind(), TransportErrorKind::Rejected);
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_handles_everything_while_the_server_is_killed() {
    const COUNT: usize = 300;
    let Some(mut server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let registry = Registry::new("tests");
    let handled = Handled::default();
    for name in ["one", "two"] {
        let log = Arc::clone(&handled);
        registry
            .with_name(name)
            .register("t", move |event: &Event| note(&log, name, event));
    }
    let (handle, running) = start(&registry, &nats).await;

    let sender = {
        let nats = nats.clone();
        tokio::spawn(async move {
            for number in 0..COUNT {
                publish(&nats, &event("t", &number.to_string()).build().unwrap()).await;
                sleep(Duration::from_millis(3)).await;
            }
        })
    };
    for _ in 0..3 {
        sleep(Duration::from_millis(250)).await;
        server.kill();
        sleep(Duration::from_millis(150)).await;
        server.restart();
    }
    timeout(PATIENCE, sender)
        .await
        .expect("all are published")
        .unwrap();
    until(|| handled.lock().unwrap().len() == 2 * COUNT).await;
    handle.stop();
    let stopped = timeout(PATIENCE, running).await.expect("it stops");
    let stopped = stopped.unwrap().unwrap();
    assert_eq!(stopped.abandoned, 0, "{stopped:?}");
    assert_eq!(handle.health().counters().dead_lettered, 0);
}

static SENDING: Registry = Registry::new("sending");

#[handles("cause", registry = SENDING, name = "send")]
async fn send(
    _event: &Event,
    runs: State<Arc<AtomicU32>>,
    outgoing: Outgoing,
) -> Result<(), OutgoingError> {
    runs.0.fetch_add(1, Ordering::Relaxed);
    sleep(Duration::from_millis(1)).await;
    outgoing.send_event(event("sent", "1").build().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn while_outgoing_events_cannot_be_stored_the_message_is_kept_alive() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let nats = on(&server).open().await.unwrap();
    let (out, runs) = (Memory::new(), Arc::new(AtomicU32::new(0)));
    let app = Dispatcher::new(&SENDING).state(Arc::clone(&runs));
    let service = Service::new("tests", &app.build().unwrap())
        .transport(nats.clone())
        .policy(Policy::new().attempts(1))
        .ack_wait(Duration::from_secs(1))
        .outgoing_publisher(out.clone())
        .build()
        .unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(pending()));
    timeout(PATIENCE, handle.ready()).await.unwrap();
    out.close();
    publish(&nats, &event("cause", "1").build().unwrap()).await;
    until(|| handle.health().subscriptions[0].outgoing_error.is_some()).await;

    // Without a sign of life it would be delivered again.
    sleep(Duration::from_millis(3_500)).await;
    assert_eq!(handle.health().counters().received, 1);
    // A server that was away may deliver it again, and that waits for the first delivery.
    for _ in 0..3 {
        server.kill();
        sleep(Duration::from_millis(1_500)).await;
        server.restart();
        sleep(Duration::from_secs(2)).await;
    }

    out.reopen();
    until(|| handle.is_ready() && handle.health().counters().in_flight == 0).await;
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    assert_eq!(out.len(), 1);
    let counters = handle.health().counters();
    assert_eq!((counters.succeeded, counters.dead_lettered), (1, 0));
    handle.stop();
    running.await.unwrap().unwrap();
}
