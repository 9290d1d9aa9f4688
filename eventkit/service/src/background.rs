//! Tasks that run alongside the handlers of a service.

use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::{Serialize, Serializer};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use eventkit::__private::service::catch_panic;
use eventkit::transport::{BoxFuture, with_causes};
use eventkit::{BoxError, Failure};

/// A task that runs alongside the handlers of a service, such as the relay of an outbox.
///
/// It runs from the start of the service until all handlers have finished, so it can also process
/// the results of the last one.
///
/// A task that panics, returns an error, or returns before it is stopped is not started again, like a task of
/// tokio: what it has left behind is not known. The service goes on without it, and is not
/// [ready](crate::ServiceHandle::is_ready) any more; its health has the reason. A task that can go on after a
/// failure, such as a lost connection, tries again by itself, with a
/// [backoff](eventkit::transport::backoff), and reports the failure in its [health](Self::health) meanwhile.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::Duration;
///
/// use eventkit::transport::BoxFuture;
/// use eventkit::{BoxError, Dispatcher, Event, Registry};
/// use eventkit_service::memory::Memory;
/// use eventkit_service::{BackgroundTask, Service, TaskHealth};
///
/// /// Counts the seconds.
/// #[derive(Debug, Default)]
/// struct Clock(AtomicU64);
///
/// impl BackgroundTask for Clock {
///     fn run<'a>(&'a self, stop: BoxFuture<'a, ()>) -> BoxFuture<'a, Result<(), BoxError>> {
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
///             Ok(())
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
    ///
    /// # Errors
    ///
    /// Returns an error if the task cannot continue. It is not started again.
    fn run<'a>(&'a self, stop: BoxFuture<'a, ()>) -> BoxFuture<'a, Result<(), BoxError>>;

    /// Returns the current health.
    fn health(&self) -> TaskHealth;
}

/// The health of a [`BackgroundTask`]; `{task}` prints it on one line.
///
/// [`BackgroundTask`] has an example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TaskHealth {
    /// The name, such as `outbox`.
    pub name: String,
    /// The error that currently keeps the task from making progress.
    pub error: Option<String>,
    /// The number of items that wait for the task, as far as it knows.
    pub backlog: u64,
    /// How long the oldest of them has waited; in JSON, a number of seconds.
    #[serde(serialize_with = "as_seconds")]
    pub lag: Duration,
    /// Warnings for operators.
    pub warnings: Vec<String>,
}

fn as_seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
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

/// A background task of a service.
#[derive(Debug)]
pub(crate) struct TaskStatus {
    task: Box<dyn BackgroundTask>,
    /// The health when it ended, other than because it was stopped.
    ended: OnceLock<TaskHealth>,
}

impl TaskStatus {
    pub(crate) fn new(task: impl BackgroundTask + 'static) -> Self {
        Self {
            task: Box::new(task),
            ended: OnceLock::new(),
        }
    }

    pub(crate) fn health(&self) -> TaskHealth {
        let ended = self.ended.get().cloned();
        ended.unwrap_or_else(|| self.task.health())
    }

    /// Runs the task, and keeps its health with the reason if it ends by itself.
    async fn run(&self, stop: &CancellationToken) {
        let name = self.task.health().name;
        let running = pin!(async { self.task.run(Box::pin(stop.cancelled())).await });
        let reason = match catch_panic(running).await {
            Ok(Ok(())) if stop.is_cancelled() => return,
            Ok(Ok(())) => "ended before the service".to_owned(),
            Ok(Err(error)) => with_causes(&*error),
            Err(panic) => Failure::panic(&*panic).to_string(),
        };
        tracing::error!(task = name, reason, "a background task has ended");
        // A task that panicked may have poisoned what its health is in.
        let health = catch_unwind(AssertUnwindSafe(|| self.task.health()));
        let mut health = health.unwrap_or_else(|_| TaskHealth::new(name));
        health.error = Some(reason);
        // Nothing else sets it, since the task is run once.
        let _ = self.ended.set(health);
    }
}

/// Starts the tasks, which run until the token is cancelled; the end of one is signalled on `changes`.
pub(crate) fn start(
    tasks: &[Arc<TaskStatus>],
    stop: &CancellationToken,
    changes: &watch::Sender<u64>,
) -> JoinSet<()> {
    let mut running = JoinSet::new();
    for task in tasks {
        let (task, stop, changes) = (Arc::clone(task), stop.clone(), changes.clone());
        running.spawn(async move {
            task.run(&stop).await;
            changes.send_modify(|count| *count += 1);
        });
    }
    running
}
