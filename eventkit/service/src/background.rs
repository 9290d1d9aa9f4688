//! Tasks that run alongside the handlers of a service.

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use eventkit::transport::BoxFuture;

/// A task that runs alongside the handlers of a service, such as the relay of an outbox.
///
/// It runs from the start of the service until all handlers have finished, so it can also process
/// the results of the last one.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::Duration;
///
/// use eventkit::transport::BoxFuture;
/// use eventkit::{Dispatcher, Event, Registry};
/// use eventkit_service::memory::Memory;
/// use eventkit_service::{BackgroundTask, Service, TaskHealth};
///
/// /// Counts the seconds.
/// #[derive(Debug, Default)]
/// struct Clock(AtomicU64);
///
/// impl BackgroundTask for Clock {
///     fn run<'a>(&'a self, stop: BoxFuture<'a, ()>) -> BoxFuture<'a, ()> {
///         Box::pin(async move {
///             let counting = async {
///                 loop {
///                     tokio::time::sleep(Duration::from_secs(1)).await;
///                     self.0.fetch_add(1, Ordering::Relaxed);
///                 }
///             };
///             tokio::select! {
///                 () = stop => {}
///                 () = counting => {}
///             }
///         })
///     }
///
///     fn health(&self) -> TaskHealth {
///         TaskHealth::new("clock")
///     }
/// }
///
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.with_name("audit").register("*", |_: &Event| {});
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = Service::new("shop", &app).transport(Memory::new());
/// let service = service.background(Clock::default()).build()?;
/// let handle = service.handle();
/// service.run_until(std::future::ready(())).await?;
/// assert_eq!(handle.health().background[0].to_string(), "clock: ready");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait BackgroundTask: Debug + Send + Sync {
    /// Runs until `stop` completes, and then returns within five seconds.
    fn run<'a>(&'a self, stop: BoxFuture<'a, ()>) -> BoxFuture<'a, ()>;

    /// Returns the current health.
    fn health(&self) -> TaskHealth;
}

/// The health of a [`BackgroundTask`]; `{task}` prints it on one line.
///
/// [`BackgroundTask`] has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskHealth {
    /// The name, such as `outbox`.
    pub name: String,
    /// The error that currently keeps the task from making progress.
    pub error: Option<String>,
    /// The number of items that wait for the task, as far as it knows.
    pub backlog: u64,
    /// How long the oldest of them has waited.
    pub lag: Duration,
    /// Warnings for operators.
    pub warnings: Vec<String>,
}

impl TaskHealth {
    /// Creates the health of a task that makes progress and has no backlog.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            error: None,
            backlog: 0,
            lag: Duration::ZERO,
            warnings: Vec::new(),
        }
    }

    /// Returns whether the task makes progress.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.error.is_none()
    }
}

impl fmt::Display for TaskHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        match &self.error {
            None => f.write_str("ready")?,
            Some(error) => write!(f, "not ready: {error}")?,
        }
        if self.backlog > 0 {
            write!(f, "; {} waiting, for {:?}", self.backlog, self.lag)?;
        }
        for warning in &self.warnings {
            write!(f, "; warning: {warning}")?;
        }
        Ok(())
    }
}

/// Starts the tasks, which run until the token is cancelled.
pub(crate) fn start(tasks: &[Arc<dyn BackgroundTask>], stop: &CancellationToken) -> JoinSet<()> {
    let mut running = JoinSet::new();
    for task in tasks {
        let (task, stop) = (Arc::clone(task), stop.clone());
        running.spawn(async move { task.run(Box::pin(stop.cancelled())).await });
    }
    running
}
