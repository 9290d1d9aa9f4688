//! The harness of the service tests.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventkit::transport::{
    BoxFuture, Published, Publisher, RawMessage, Subscription, Transport, TransportError,
    TransportErrorKind,
};
use eventkit::{BoxError, Dispatcher, Event, Registry, State, handles};
use eventkit_service::memory::Memory;
use eventkit_service::{
    DeadLetter, DeadLetters, Outgoing, RunError, Service, ServiceBuilder, ServiceHandle,
    ShutdownReport,
};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// A time limit for every wait, in paused time.
pub(crate) const LONG: Duration = Duration::from_hours(168);

/// A registry and a transport.
pub(crate) struct TestHarness {
    pub(crate) registry: Registry,
    pub(crate) memory: Memory,
    pub(crate) log: Log,
}

/// A running service.
pub(crate) struct Running {
    pub(crate) handle: ServiceHandle,
    task: JoinHandle<Result<ShutdownReport, RunError>>,
}

/// An in-memory transport whose publishing fails as a function decides.
pub(crate) struct FailingPublisher {
    memory: Memory,
    fault: Box<dyn Fn(&str) -> Fault + Send + Sync>,
}

/// A function that a handler calls to send events.
type Script = Arc<dyn Fn(&Outgoing) -> Result<(), BoxError> + Send + Sync>;

static SENDING: Registry = Registry::new("sending");

#[handles("cause", registry = SENDING, name = "send")]
async fn send(_event: &Event, script: State<Script>, outgoing: Outgoing) -> Result<(), BoxError> {
    (script.0)(&outgoing)
}

static SENDING_SYNC: Registry = Registry::new("sending_sync");

#[handles("cause", registry = SENDING_SYNC, name = "send")]
fn send_sync(_event: &Event, script: State<Script>, outgoing: Outgoing) -> Result<(), BoxError> {
    (script.0)(&outgoing)
}

/// The fault of a published message.
pub(crate) enum Fault {
    None,
    /// The message is rejected.
    Refused(TransportErrorKind),
    /// The message is stored without a confirmation.
    Unconfirmed,
    /// Publishing never completes.
    Hangs,
}

/// A log of what handlers did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn note(&self, line: impl Into<String>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line.into());
    }

    /// Returns the lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns the lines in alphabetical order.
    pub(crate) fn sorted(&self) -> Vec<String> {
        let mut lines = self.lines();
        lines.sort();
        lines
    }
}

impl FailingPublisher {
    /// Creates a publisher that calls a function for the fault of each message, by event type.
    pub(crate) fn new(
        memory: &Memory,
        fault: impl Fn(&str) -> Fault + Send + Sync + 'static,
    ) -> Self {
        Self {
            memory: memory.clone(),
            fault: Box::new(fault),
        }
    }

    async fn publish(
        &self,
        ty: &str,
        publishing: BoxFuture<'_, Result<Published, TransportError>>,
    ) -> Result<Published, TransportError> {
        match (self.fault)(ty) {
            Fault::None => publishing.await,
            Fault::Refused(kind) => {
                let error = TransportError::new(kind, "refused by the test");
                Err(error.with_source("no room"))
            }
            Fault::Unconfirmed => {
                publishing.await?;
                Err(TransportError::unavailable("unconfirmed by the test"))
            }
            Fault::Hangs => std::future::pending().await,
        }
    }
}

impl Publisher for FailingPublisher {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(self.publish(event.ty(), self.memory.publish_event(event)))
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(self.publish(ty, self.memory.publish_raw(ty, message)))
    }
}

impl TestHarness {
    pub(crate) fn new() -> Self {
        Self::on(Memory::new())
    }

    pub(crate) fn on(memory: Memory) -> Self {
        Self {
            registry: Registry::new("tests"),
            memory,
            log: Log::default(),
        }
    }

    pub(crate) fn service(&self) -> ServiceBuilder {
        let app = Dispatcher::new(&self.registry).build().unwrap();
        Service::new("tests", &app).transport(self.memory.clone())
    }

    /// Returns a service whose async handler `send` of type `cause` calls a function.
    pub(crate) fn sending(
        &self,
        script: impl Fn(&Outgoing) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> ServiceBuilder {
        self.sending_from(&SENDING, script)
    }

    /// Returns a service whose sync handler `send` of type `cause` calls a function.
    pub(crate) fn sending_sync(
        &self,
        script: impl Fn(&Outgoing) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> ServiceBuilder {
        self.sending_from(&SENDING_SYNC, script)
    }

    fn sending_from(
        &self,
        registry: &'static Registry,
        script: impl Fn(&Outgoing) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> ServiceBuilder {
        let script: Script = Arc::new(script);
        let app = Dispatcher::new(registry).state(script);
        Service::new("tests", &app.build().unwrap()).transport(self.memory.clone())
    }

    /// Runs a service with the default settings.
    pub(crate) async fn start(&self) -> Running {
        Running::start(self.service()).await
    }

    pub(crate) async fn publish(&self, event: &Event) {
        self.memory.publish(event).await.unwrap();
    }

    /// Waits until no message is stored.
    pub(crate) async fn drained(&self) {
        wait_until(|| self.memory.is_empty()).await;
    }

    pub(crate) fn letters(&self) -> DeadLetters<Memory> {
        DeadLetters::new(self.memory.clone(), "tests")
    }

    /// Waits for a number of dead letters, and returns them.
    pub(crate) async fn dead(&self, count: usize) -> Vec<DeadLetter> {
        loop {
            let letters = self.letters().list().await.unwrap();
            if letters.len() >= count {
                assert_eq!(letters.len(), count, "{letters:?}");
                return letters;
            }
            sleep(Duration::from_secs(1)).await;
        }
    }
}

impl Running {
    pub(crate) async fn start(service: ServiceBuilder) -> Self {
        let service = service.build().unwrap();
        let handle = service.handle();
        let task = tokio::spawn(service.run_until(std::future::pending()));
        timeout(LONG, handle.ready())
            .await
            .expect("the service should become ready");
        Self { handle, task }
    }

    /// Shuts the service down.
    pub(crate) async fn stop(self) -> ShutdownReport {
        self.handle.stop();
        self.task.await.unwrap().unwrap()
    }

    /// Aborts the service, as the end of its process would.
    pub(crate) async fn crash(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

/// Runs services until a subscription has settled everything. Each service but the last is aborted
/// when the function says so. Returns the number of aborted services, and the last one.
pub(crate) async fn crash_until_settled(
    harness: &TestHarness,
    build: impl Fn() -> ServiceBuilder,
    crash: &Notify,
    subscription: &str,
) -> (u32, Running) {
    let mut crashes = 0;
    loop {
        let service = Running::start(build()).await;
        tokio::select! {
            biased;
            () = crash.notified() => {
                service.crash().await;
                crashes += 1;
            }
            () = wait_until(|| harness.memory.unsettled(subscription) == 0) => {
                return (crashes, service);
            }
        }
    }
}

/// Consumes all stored events.
pub(crate) async fn take_all(memory: &Memory) -> Vec<Event> {
    let subscription = Subscription::new("taker", ["*"]);
    let mut consumer = memory.subscribe(&subscription).await.unwrap();
    let mut events = Vec::new();
    while memory.unsettled("taker") > 0 {
        let incoming = consumer.next().await.unwrap().unwrap();
        events.push(incoming.event.unwrap());
        incoming.handle.ack().await.unwrap();
    }
    events
}

pub(crate) async fn wait_until(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < LONG, "the condition should become true");
        // The longer the wait, the longer the next interval may be.
        sleep(start.elapsed() / 100 + Duration::from_millis(10)).await;
    }
}

/// The return type of the methods of a publisher.
pub(crate) type Publishing<'a> = BoxFuture<'a, Result<Published, TransportError>>;

/// Implements publishing for a wrapper of the in-memory transport.
macro_rules! forward_publisher {
    ($transport:ty, $memory:tt) => {
        impl eventkit::transport::Publisher for $transport {
            fn publish_event<'a>(
                &'a self,
                event: &'a eventkit::Event,
            ) -> $crate::harness::Publishing<'a> {
                self.$memory.publish_event(event)
            }

            fn publish_raw<'a>(
                &'a self,
                ty: &'a str,
                message: &'a eventkit::transport::RawMessage,
            ) -> $crate::harness::Publishing<'a> {
                self.$memory.publish_raw(ty, message)
            }
        }
    };
}

pub(crate) use forward_publisher;
