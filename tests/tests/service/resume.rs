//! Lost consumers are replaced, and health reports their state.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eventkit::transport::{
    BoxFuture, Consumer, Incoming, Subscription, Transport, TransportError, TransportErrorKind,
};
use eventkit::{Dispatcher, Event, Policy};
use eventkit_service::memory::Memory;
use eventkit_service::{Counters, Service, ServiceHandle, SubscriptionHealth, SubscriptionState};
use tokio::sync::Barrier;
use tokio::time::{Instant, sleep};

use super::event;
use super::harness::{Running, TestHarness, forward_publisher};

fn noting(harness: &TestHarness) {
    let log = harness.log.clone();
    harness
        .registry
        .with_name("h")
        .register("t", move |event: &Event| log.note(event.id()));
}

async fn in_state(handle: &ServiceHandle, state: SubscriptionState) -> SubscriptionHealth {
    let mut health = handle
        .wait_for(|health| health.subscriptions[0].state == state)
        .await;
    health.subscriptions.remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_consumer_resumes_after_the_broker_was_unavailable() {
    let harness = TestHarness::new();
    noting(&harness);
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    for round in 2..5 {
        harness.memory.close();
        let lost = in_state(&service.handle, SubscriptionState::Lost).await;
        assert!(!lost.is_ready() && !service.handle.is_ready());
        assert_eq!(
            lost.last_error.unwrap().message,
            "the memory transport is closed"
        );
        sleep(Duration::from_hours(1)).await;
        harness.memory.reopen();
        harness.publish(&event("t", round.to_string())).await;
        let start = Instant::now();
        harness.drained().await;
        assert!(start.elapsed() <= Duration::from_secs(30));
        let back = in_state(&service.handle, SubscriptionState::Running).await;
        assert!(back.is_ready() && service.handle.is_ready());
        assert!(back.last_error.is_some());
    }
    assert_eq!(harness.log.lines(), ["1", "2", "3", "4"]);
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_is_recovered_quickly() {
    let harness = TestHarness::new();
    noting(&harness);
    let service = harness.start().await;
    harness.memory.disconnect();
    in_state(&service.handle, SubscriptionState::Lost).await;
    let start = Instant::now();
    in_state(&service.handle, SubscriptionState::Running).await;
    assert!(start.elapsed() <= Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn a_service_waits_for_a_broker_that_is_not_yet_available() {
    let harness = TestHarness::new();
    noting(&harness);
    harness.memory.close();
    let service = harness.service().build().unwrap();
    let handle = service.handle();
    assert_eq!(
        handle.health().subscriptions[0].state,
        SubscriptionState::Connecting
    );
    let running = tokio::spawn(service.run_until(std::future::pending()));
    sleep(Duration::from_hours(1)).await;
    assert!(!running.is_finished() && !handle.is_ready());
    harness.memory.reopen();
    handle.ready().await;
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    handle.stop();
    running.await.unwrap().unwrap();
    let health = handle.health();
    assert_eq!(health.subscriptions[0].state, SubscriptionState::Stopped);
    assert!(!health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn health_names_each_subscription() {
    let harness = TestHarness::new();
    noting(&harness);
    let service = Running::start(harness.service()).await;
    let health = service.handle.health();
    let own = &health.subscriptions[0];
    assert_eq!(
        (own.name.as_str(), own.transport.as_str()),
        ("tests--h", "memory")
    );
    assert!(own.handler.contains("noting"), "{}", own.handler);
}

/// Loses the connection while a handler runs, and returns the log of the handler.
async fn lose_while_it_runs(policy: Policy, fails_first: bool) -> (Vec<String>, Counters) {
    let harness = TestHarness::new();
    let (log, runs) = (harness.log.clone(), AtomicU32::new(0));
    harness
        .registry
        .with_name("slow")
        .policy(policy.timeout(Duration::from_hours(1)))
        .register_async("t", move |_: Event| {
            let (log, run) = (log.clone(), runs.fetch_add(1, Ordering::Relaxed));
            async move {
                log.note("begins");
                sleep(Duration::from_mins(1)).await;
                log.note("ends");
                if fails_first && run == 0 {
                    return Err("not yet");
                }
                Ok(())
            }
        });
    let service = harness.start().await;
    harness.publish(&event("t", "1")).await;
    sleep(Duration::from_secs(10)).await;
    harness.memory.disconnect();
    harness.drained().await;
    (harness.log.lines(), service.handle.health().counters())
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_succeeds_after_a_lost_connection_is_not_run_again() {
    for policy in [Policy::new(), Policy::new().key("source")] {
        let (lines, counters) = lose_while_it_runs(policy, false).await;
        assert_eq!(lines, ["begins", "ends"]);
        assert_eq!((counters.received, counters.duplicates), (2, 1));
        assert_eq!((counters.succeeded, counters.unconfirmed), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_after_a_lost_connection_is_retried_sequentially() {
    for policy in [Policy::new(), Policy::new().key("source")] {
        let (lines, counters) = lose_while_it_runs(policy, true).await;
        assert_eq!(lines, ["begins", "ends", "begins", "ends"]);
        assert_eq!(counters.succeeded, 1);
    }
}

/// A transport whose first consumers panic.
#[derive(Debug, Clone)]
struct Panicking {
    memory: Memory,
    left: Arc<AtomicU32>,
}

#[derive(Debug)]
struct PanickingConsumer(Panicking, Box<dyn Consumer>);

forward_publisher!(Panicking, memory);

impl Transport for Panicking {
    fn name(&self) -> &'static str {
        "panicking"
    }

    fn prepare(&self, subscriptions: &[Subscription]) {
        self.memory.prepare(subscriptions);
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
        Box::pin(async {
            let consumer = self.memory.subscribe(subscription).await?;
            Ok(Box::new(PanickingConsumer(self.clone(), consumer)) as _)
        })
    }
}

impl Consumer for PanickingConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        let left = self.0.left.load(Ordering::Relaxed);
        if left > 0 {
            self.0.left.store(left - 1, Ordering::Relaxed);
            panic!("a bug in the transport");
        }
        self.1.next()
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        self.1.close()
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_panics_is_reconnected_with_backoff() {
    let harness = TestHarness::new();
    noting(&harness);
    let transport = Panicking {
        memory: harness.memory.clone(),
        left: Arc::new(AtomicU32::new(6)),
    };
    let app = Dispatcher::new(&harness.registry).build().unwrap();
    harness.publish(&event("t", "1")).await;
    let start = Instant::now();
    let service = Running::start(Service::new("tests", &app).transport(transport)).await;
    harness.drained().await;
    // Without a growing delay, this would be a busy loop.
    assert!(start.elapsed() > Duration::from_secs(1));
    assert_eq!(harness.log.lines(), ["1"]);
    let health = service.handle.health().subscriptions.remove(0);
    assert_eq!(health.state, SubscriptionState::Running);
    assert!(health.last_error.is_some());
    service.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_concurrency_is_restored_after_a_panic_of_the_transport() {
    let harness = TestHarness::new();
    let (all, log) = (Arc::new(Barrier::new(8)), harness.log.clone());
    harness
        .registry
        .with_name("h")
        .register_async("t", move |event: Event| {
            let (all, log) = (Arc::clone(&all), log.clone());
            async move {
                all.wait().await;
                log.note(event.id());
            }
        });
    let transport = Panicking {
        memory: harness.memory.clone(),
        left: Arc::new(AtomicU32::new(3)),
    };
    let app = Dispatcher::new(&harness.registry).build().unwrap();
    let service = Service::new("tests", &app).transport(transport);
    let service = Running::start(service.policy(Policy::new().concurrency(8))).await;
    for id in 1..=8 {
        harness.publish(&event("t", id.to_string())).await;
    }
    // Each handler waits for all others.
    harness.drained().await;
    assert_eq!(harness.log.lines().len(), 8);
    service.stop().await;
}

/// The behaviour of a consumer after its first message.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// It ends its stream, and pends forever if it is polled again.
    EndAndPend,
    /// It ends its stream, and fails if it is polled again.
    EndAndFail,
    /// It is lost, and panics when it is dropped. The second consumer works.
    PanicInDrop,
}

/// An in-memory transport whose first consumer misbehaves after its first message.
#[derive(Debug, Clone)]
struct Ending {
    memory: Memory,
    then: Then,
    opened: Arc<AtomicU32>,
}

#[derive(Debug)]
struct EndingConsumer {
    inner: Option<Box<dyn Consumer>>,
    then: Option<Then>,
    polled: u32,
}

forward_publisher!(Ending, memory);

impl Transport for Ending {
    fn name(&self) -> &'static str {
        "ending"
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
        Box::pin(async {
            let first = self.opened.fetch_add(1, Ordering::Relaxed) == 0;
            let consumer = EndingConsumer {
                inner: Some(self.memory.subscribe(subscription).await?),
                then: first.then_some(self.then),
                polled: 0,
            };
            Ok(Box::new(consumer) as _)
        })
    }
}

impl Consumer for EndingConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        self.polled += 1;
        let lost = || TransportError::new(TransportErrorKind::Unavailable, "lost");
        match (self.then, self.polled) {
            (Some(Then::EndAndPend | Then::EndAndFail), 2) => Box::pin(async { Ok(None) }),
            (Some(Then::EndAndPend), 3..) => Box::pin(std::future::pending()),
            (Some(Then::EndAndFail), 3..) | (Some(Then::PanicInDrop), 2..) => {
                Box::pin(async move { Err(lost()) })
            }
            _ => self
                .inner
                .as_mut()
                .expect("the consumer should be open")
                .next(),
        }
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        self.inner
            .take()
            .expect("the consumer should be open")
            .close()
    }
}

impl Drop for EndingConsumer {
    fn drop(&mut self) {
        let lost = self.inner.is_some() && matches!(self.then, Some(Then::PanicInDrop));
        assert!(!lost, "a bug in the transport");
    }
}

fn ending(harness: &TestHarness, then: Then) -> Ending {
    noting(harness);
    Ending {
        memory: harness.memory.clone(),
        then,
        opened: Arc::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_ended_is_not_polled_again() {
    for then in [Then::EndAndPend, Then::EndAndFail] {
        let harness = TestHarness::new();
        let transport = ending(&harness, then);
        let app = Dispatcher::new(&harness.registry).build().unwrap();
        for id in 1..=2 {
            harness.publish(&event("t", id.to_string())).await;
        }
        let service = Service::new("tests", &app).transport(transport.clone());
        let service = service.build().unwrap();
        let running = service.run_until(std::future::pending());
        let ended = tokio::time::timeout(Duration::from_hours(1), running).await;
        ended
            .expect("the service should end with its stream")
            .unwrap();
        assert_eq!(harness.log.lines(), ["1"], "{then:?}");
        assert_eq!(transport.opened.load(Ordering::Relaxed), 1, "{then:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_panics_when_it_is_dropped_is_replaced() {
    let harness = TestHarness::new();
    let transport = ending(&harness, Then::PanicInDrop);
    let app = Dispatcher::new(&harness.registry).build().unwrap();
    for id in 1..=3 {
        harness.publish(&event("t", id.to_string())).await;
    }
    let service = Running::start(Service::new("tests", &app).transport(transport.clone())).await;
    harness.drained().await;
    assert_eq!(harness.log.lines(), ["1", "2", "3"]);
    assert_eq!(transport.opened.load(Ordering::Relaxed), 2);
    let health = service.handle.health().subscriptions.remove(0);
    assert_eq!(health.state, SubscriptionState::Running);
    assert!(health.last_error.is_some());
    service.stop().await;
}
