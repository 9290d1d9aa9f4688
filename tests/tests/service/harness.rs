//! What the tests run a service with.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventkit::{Dispatcher, Event, Registry};
use eventkit_service::memory::Memory;
use eventkit_service::{
    DeadLetter, DeadLetters, RunError, Service, ServiceBuilder, ServiceHandle, ShutdownReport,
};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// Longer than anything may take, in paused time.
pub(crate) const LONG: Duration = Duration::from_hours(168);

/// A registry and a transport.
pub(crate) struct TestHarness {
    pub(crate) registry: Registry,
    pub(crate) memory: Memory,
    pub(crate) log: Log,
}

/// A service that runs.
pub(crate) struct Running {
    pub(crate) handle: ServiceHandle,
    task: JoinHandle<Result<ShutdownReport, RunError>>,
}

/// Collects what handlers did, and when.
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

    /// Returns the lines, in the order of the alphabet.
    pub(crate) fn sorted(&self) -> Vec<String> {
        let mut lines = self.lines();
        lines.sort();
        lines
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

    /// Runs a service with the default settings.
    pub(crate) async fn start(&self) -> Running {
        Running::start(self.service()).await
    }

    pub(crate) async fn publish(&self, event: &Event) {
        self.memory.publish(event).await.unwrap();
    }

    /// Waits until nothing is stored any more.
    pub(crate) async fn drained(&self) {
        wait_until(|| self.memory.is_empty()).await;
    }

    pub(crate) fn letters(&self) -> DeadLetters<Memory> {
        DeadLetters::new(self.memory.clone(), "tests")
    }

    /// Waits until there are that many dead letters, and returns them.
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
        timeout(LONG, handle.ready()).await.expect("it gets ready");
        Self { handle, task }
    }

    /// Drains the service.
    pub(crate) async fn stop(self) -> ShutdownReport {
        self.handle.stop();
        self.task.await.unwrap().unwrap()
    }

    /// Ends the service as the end of its process would.
    pub(crate) async fn crash(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

pub(crate) async fn wait_until(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < LONG, "it does not come to that");
        // The longer it takes, the less a little longer matters.
        sleep(start.elapsed() / 100 + Duration::from_millis(10)).await;
    }
}
