//! Tower layers around every handler.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use eventkit::transport::{BoxFuture, Subscription, Transport, TransportErrorKind};
use eventkit::{
    BoxError, CloudEvent, Decision, Dispatcher, Event, Failure, HandlerError, Policy, Registry,
    handles,
};
use eventkit_service::memory::Memory;
use eventkit_service::{Attempt, HandlerService, Outgoing, OutgoingError, Service};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use tower::layer::{Layer, layer_fn};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::timeout::TimeoutLayer;
use tower::{Service as _, ServiceBuilder};

use super::event;
use super::harness::{FailingPublisher, Fault, Log, Running, TestHarness, take_all, wait_until};

type Handled = BoxFuture<'static, Result<(), BoxError>>;

/// A service that calls a function with each attempt and the inner service.
#[derive(Clone)]
struct Around {
    below: HandlerService,
    function: Arc<dyn Fn(Attempt, HandlerService) -> Handled + Send + Sync>,
}

impl tower::Service<Attempt> for Around {
    type Response = ();
    type Error = BoxError;
    type Future = Handled;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.below.poll_ready(context)
    }

    fn call(&mut self, attempt: Attempt) -> Handled {
        (self.function)(attempt, self.below.clone())
    }
}

fn around<U>(
    function: impl Fn(Attempt, HandlerService) -> U + Send + Sync + 'static,
) -> impl Layer<HandlerService, Service = Around> + Send + 'static
where
    U: Future<Output = Result<(), BoxError>> + Send + 'static,
{
    let function = Arc::new(move |attempt, below| Box::pin(function(attempt, below)) as Handled);
    layer_fn(move |below| Around {
        below,
        function: Arc::clone(&function) as _,
    })
}

/// Returns a layer that logs the start and the end of an attempt.
fn noting(
    log: &Log,
    name: &'static str,
) -> impl Layer<HandlerService, Service = Around> + Send + 'static {
    let log = log.clone();
    around(move |attempt, mut below| {
        let log = log.clone();
        async move {
            log.note(format!("into {name}"));
            let outcome = below.call(attempt).await;
            log.note(format!("out of {name}"));
            outcome
        }
    })
}

/// Registers a handler that logs the subject of its events.
fn subjects(harness: &TestHarness, name: &'static str) {
    let log = harness.log.clone();
    harness
        .registry
        .with_name(name)
        .register("t", move |event: &Event| {
            log.note(format!("{name} {}", event.subject().unwrap_or("-")));
        });
}

#[tokio::test(start_paused = true)]
async fn the_first_layer_is_the_outermost() {
    let harness = TestHarness::new();
    subjects(&harness, "handler");
    let service = harness
        .service()
        .layer(noting(&harness.log, "first"))
        .layer(noting(&harness.log, "second"));
    let _service = Running::start(service).await;
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    let order = [
        "into first",
        "into second",
        "handler -",
        "out of second",
        "out of first",
    ];
    assert_eq!(harness.log.lines(), order);
}

#[tokio::test(start_paused = true)]
async fn a_layer_gets_each_attempt_of_each_handler() {
    let harness = TestHarness::new();
    subjects(&harness, "well");
    let failing = |event: Event| async move { Err::<(), _>(format!("not {}", event.id())) };
    harness
        .registry
        .with_name("failing")
        .policy(Policy::new().attempts(2))
        .register_async("t", failing);
    let log = harness.log.clone();
    let service = harness.service().layer(around(move |attempt, mut below| {
        log.note(format!(
            "{} {} {} {:?}",
            attempt.subscription(),
            attempt.number(),
            attempt.event().id(),
            attempt.metadata().position,
        ));
        assert_eq!(
            attempt.handler().is_async(),
            attempt.subscription() == "tests--failing"
        );
        async move { below.call(attempt).await }
    }));
    let _service = Running::start(service).await;
    harness.publish(&event("t", "A-1")).await;
    assert_eq!(harness.dead(1).await[0].error, "not A-1");
    let seen = [
        "tests--failing 1 A-1 Some(1)",
        "tests--failing 2 A-1 Some(1)",
        "tests--well 1 A-1 Some(1)",
        "well -",
    ];
    assert_eq!(harness.log.sorted(), seen);
}

#[tokio::test(start_paused = true)]
async fn a_layer_can_change_the_event_for_its_handler_only() {
    let harness = TestHarness::new();
    subjects(&harness, "well");
    harness
        .registry
        .with_name("failing")
        .policy(Policy::new().attempts(1))
        .register("t", |event: &Event| {
            Err::<(), _>(event.subject().map(str::to_owned).unwrap_or_default())
        });
    let service = harness.service().layer(around(|mut attempt, mut below| {
        let set = attempt.event_mut().set_subject(Some("set"));
        async move {
            set?;
            below.call(attempt).await
        }
    }));
    let _service = Running::start(service).await;
    let came = event("t", "1");
    harness.publish(&came).await;
    let letters = harness.dead(1).await;
    assert_eq!(harness.log.lines(), ["well set"]);
    assert_eq!(letters[0].error, "set");
    assert_eq!(letters[0].event().unwrap(), &came);
}

#[tokio::test(start_paused = true)]
async fn a_layer_can_respond_instead_of_the_handler() {
    let harness = TestHarness::new();
    subjects(&harness, "handler");
    let service = harness.service().layer(around(|_, _| async { Ok(()) }));
    let service = Running::start(service).await;
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    assert!(harness.log.lines().is_empty());
    assert_eq!(service.handle.health().counters().succeeded, 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_or_panic_of_a_layer_is_a_failure_of_the_handler() {
    for (panics, error) in [(false, "no entry"), (true, "panicked: no entry")] {
        let harness = TestHarness::new();
        harness
            .registry
            .with_name("handler")
            .policy(Policy::new().attempts(3))
            .register("t", |_: &Event| ());
        let log = harness.log.clone();
        let service = harness.service().layer(around(move |_, _| {
            let log = log.clone();
            async move {
                log.note("layer");
                assert!(!panics, "no entry");
                Err("no entry".into())
            }
        }));
        let _service = Running::start(service).await;
        harness.publish(&event("t", "1")).await;
        let letters = harness.dead(1).await;
        assert_eq!((letters[0].attempts, letters[0].error.as_str()), (3, error));
        assert_eq!(harness.log.lines().len(), 3);
    }
}

#[derive(Debug, HandlerError)]
enum Refused {
    #[dead_letter]
    Never,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("never")
    }
}

impl std::error::Error for Refused {}

static DECIDED: Registry = Registry::new("decided");

#[handles("t", registry = DECIDED)]
async fn decide(_event: &Event) -> Result<(), Refused> {
    Err(Refused::Never)
}

#[tokio::test(start_paused = true)]
async fn the_decision_of_an_error_is_kept_through_layers() {
    let memory = Memory::new();
    let harness = TestHarness::on(memory.clone());
    let app = Dispatcher::new(&DECIDED).build().unwrap();
    let log = harness.log.clone();
    let service = Service::new("tests", &app)
        .transport(memory)
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .layer(around(move |attempt, mut below| {
            let log = log.clone();
            async move {
                let outcome = below.call(attempt).await;
                let failure = outcome.as_ref().unwrap_err().downcast_ref::<Failure>();
                let Some(Failure::Error { error, decision }) = failure else {
                    panic!("{failure:?}");
                };
                assert_eq!(*decision, Some(Decision::DeadLetter));
                log.note(error.to_string());
                outcome
            }
        }));
    let _service = Running::start(service).await;
    harness.publish(&event("t", "1")).await;
    assert_eq!(harness.dead(1).await[0].attempts, 1);
    assert_eq!(harness.log.lines(), ["never"]);
}

#[tokio::test(start_paused = true)]
async fn layers_of_tower_can_be_used() {
    let harness = TestHarness::new();
    let running = Arc::new(AtomicU32::new(0));
    for name in ["one", "two"] {
        let running = Arc::clone(&running);
        harness
            .registry
            .with_name(name)
            .policy(Policy::new().attempts(1))
            .register_async("t", move |event: Event| {
                let running = Arc::clone(&running);
                async move {
                    assert_eq!(
                        running.fetch_add(1, Ordering::Relaxed),
                        0,
                        "two attempts ran concurrently"
                    );
                    if event.id() == "slow" {
                        sleep(Duration::from_secs(5)).await;
                    }
                    running.fetch_sub(1, Ordering::Relaxed);
                }
            });
    }
    let layers = ServiceBuilder::new()
        .layer(GlobalConcurrencyLimitLayer::new(1))
        .layer(TimeoutLayer::new(Duration::from_secs(25)));
    let service = Running::start(harness.service().layer(layers)).await;
    for id in ["1", "2", "slow", "3"] {
        harness.publish(&event("t", id)).await;
    }
    harness.drained().await;
    assert_eq!(service.handle.health().counters().succeeded, 8);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_a_layer_is_a_failure() {
    let harness = TestHarness::new();
    harness
        .registry
        .with_name("slow")
        .policy(Policy::new().attempts(2))
        .register_async("t", |_: Event| sleep(Duration::from_secs(20)));
    let layer = TimeoutLayer::new(Duration::from_secs(5));
    let _service = Running::start(harness.service().layer(layer)).await;
    harness.publish(&event("t", "1")).await;
    let letters = harness.dead(1).await;
    assert_eq!(
        (letters[0].attempts, letters[0].error.as_str()),
        (2, "request timed out")
    );
}

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "shipped", source = "/shop")]
struct Shipped;

static SHIPPING: Registry = Registry::new("shipping");
static RUNS: AtomicU32 = AtomicU32::new(0);

#[handles("placed", registry = SHIPPING)]
fn ship(_event: &Event, outgoing: Outgoing) -> Result<(), OutgoingError> {
    outgoing.send(&Shipped)?;
    if RUNS.fetch_add(1, Ordering::Relaxed) == 0 {
        return Err(OutgoingError::Closed);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn events_of_a_run_that_a_layer_retries_are_not_sent() {
    let memory = Memory::new();
    let harness = TestHarness::on(memory.clone());
    let subscription = Subscription::new("looker", ["shipped"]);
    let mut consumer = memory.subscribe(&subscription).await.unwrap();
    let app = Dispatcher::new(&SHIPPING).build().unwrap();
    let twice = around(|attempt, mut below| async move {
        match below.call(attempt.clone()).await {
            Ok(()) => Ok(()),
            Err(_) => below.call(attempt).await,
        }
    });
    let service = Service::new("tests", &app).transport(memory).layer(twice);
    let service = Running::start(service).await;
    harness.publish(&event("placed", "1")).await;
    let incoming = consumer.next().await.unwrap().unwrap();
    assert_eq!(incoming.event.unwrap().ty(), "shipped");
    incoming.handle.ack().await.unwrap();
    wait_until(|| harness.memory.is_empty()).await;
    assert_eq!(RUNS.load(Ordering::Relaxed), 2);
    assert_eq!(service.handle.health().counters().retried, 0);
}

#[tokio::test(start_paused = true)]
async fn ids_of_outgoing_events_ignore_runs_that_a_layer_retried() {
    let (harness, out) = (TestHarness::new(), Memory::new());
    let runs = AtomicU32::new(0);
    let service = harness.sending(move |outgoing| {
        outgoing.send(&Shipped)?;
        outgoing.send_event(event("note", "1"))?;
        match runs.fetch_add(1, Ordering::Relaxed) {
            0 => Err("the first run fails".into()),
            _ => Ok(()),
        }
    });
    let twice = around(|attempt, mut below| async move {
        match below.call(attempt.clone()).await {
            Ok(()) => Ok(()),
            Err(_) => below.call(attempt).await,
        }
    });
    // The second run, of the first attempt, stores one event. The third run stores both.
    let rejected = AtomicU32::new(0);
    let publisher = FailingPublisher::new(&out, move |ty| {
        if ty == "note" && rejected.fetch_add(1, Ordering::Relaxed) == 0 {
            Fault::Refused(TransportErrorKind::Rejected)
        } else {
            Fault::None
        }
    });
    let service = service.layer(twice).outgoing_publisher(publisher);
    let service = Running::start(service).await;
    harness.publish(&event("cause", "1")).await;
    harness.drained().await;
    assert_eq!(service.handle.health().counters().retried, 1);
    let stored = take_all(&out).await;
    assert!(stored.iter().map(Event::ty).eq(["shipped", "note"]));
}
