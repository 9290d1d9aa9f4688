//! A service and its handle.

use std::fmt;
use std::future::Future;
use std::io;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::background::{self, TaskStatus};
use super::error::RunError;
use super::health::Health;
#[cfg(feature = "otel")]
use super::metrics;
use super::receiver;
use super::status::SubscriptionStatus;
use super::subscription::SubscriptionTask;
use eventkit::transport::{Subscription, Transport};

/// The time limit for releasing messages after the shutdown timeout.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often the health is checked for callers that wait for it, in addition to each known change.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// A report on the shutdown of a service.
///
/// ```
/// use eventkit::{Dispatcher, Event, Registry};
/// use eventkit_service::Service;
/// use eventkit_service::memory::Memory;
///
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.with_name("audit").register("*", |_: &Event| {});
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = Service::new("shop", &app).transport(Memory::new()).build()?;
/// let report = service.run_until(std::future::ready(())).await?;
/// assert_eq!((report.released, report.abandoned), (0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The number of messages that were released to their transports, because their handler had not
    /// started or did not finish within the shutdown timeout.
    pub released: u64,
    /// The number of messages that could not be released in time; they are delivered again after
    /// `ack_wait`.
    pub abandoned: u64,
}

/// A service that runs handlers on transports; see the [crate documentation](crate).
///
/// It requires a tokio runtime with time enabled.
#[must_use = "a service does nothing until it runs"]
pub struct Service {
    pub(crate) subscriptions: Vec<Arc<SubscriptionTask>>,
    pub(crate) handle: ServiceHandle,
    /// Cancelled once messages of running handlers are released.
    pub(crate) aborting: CancellationToken,
    pub(crate) shutdown_timeout: Duration,
}

impl Service {
    /// Returns a handle that observes the running service and can stop it.
    #[must_use]
    pub fn handle(&self) -> ServiceHandle {
        self.handle.clone()
    }

    /// Runs until the process receives SIGTERM or ctrl-c, and then drains.
    ///
    /// # Errors
    ///
    /// Returns an error if the process cannot listen for the signals; no handler has run.
    pub async fn run(self) -> Result<ShutdownReport, RunError> {
        let signal = signal().map_err(RunError::Signal)?;
        self.run_until(signal).await
    }

    /// Runs until a future completes or [`ServiceHandle::stop`] is called, and then drains: the
    /// service stops receiving messages, and running handlers may finish. Messages that are not
    /// settled within the [`shutdown_timeout`](super::ServiceBuilder::shutdown_timeout) are
    /// released to their transports.
    ///
    /// The service also ends when all subscriptions have ended, because their transports ended the
    /// streams without an error.
    ///
    /// Dropping the returned future stops the service at once: messages that are not settled are
    /// delivered again after `ack_wait`.
    ///
    /// # Errors
    ///
    /// Returns an error if the service cannot run; currently, this never happens.
    pub async fn run_until(
        self,
        stop: impl Future<Output = ()>,
    ) -> Result<ShutdownReport, RunError> {
        prepare(&self.subscriptions);
        let mut running = JoinSet::new();
        for subscription in self.subscriptions {
            running.spawn(receiver::run(subscription));
        }
        let handle = self.handle;
        #[cfg(feature = "otel")]
        metrics::observe(&handle.subscriptions, &handle.background);
        let stop_background = CancellationToken::new();
        let mut background =
            background::start(&handle.background, &stop_background, &handle.changes);
        tokio::select! {
            biased;
            () = stop => {}
            () = handle.draining.cancelled() => {}
            () = join_all(&mut running) => {}
        }
        tracing::info!(timeout = ?self.shutdown_timeout, "draining");
        handle.stop();
        if timeout(self.shutdown_timeout, join_all(&mut running))
            .await
            .is_err()
        {
            self.aborting.cancel();
            if timeout(RELEASE_TIMEOUT, join_all(&mut running))
                .await
                .is_err()
            {
                tracing::error!("failed to release all messages in time");
            }
        }
        stop_background.cancel();
        if timeout(RELEASE_TIMEOUT, join_all(&mut background))
            .await
            .is_err()
        {
            tracing::error!("a background task did not stop in time");
        }
        let counters = handle.health().counters();
        let (released, abandoned) = (counters.released, counters.in_flight);
        tracing::info!(released, abandoned, "stopped");
        Ok(ShutdownReport {
            released,
            abandoned,
        })
    }
}

/// A handle that observes a service and stops it; clones refer to the same service.
///
/// ```
/// use eventkit_service::Service;
/// use eventkit_service::memory::Memory;
/// use eventkit::{Dispatcher, Event, Registry};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.with_name("log").register("*", |event: &Event| println!("{event}"));
///
/// let memory = Memory::new();
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = Service::new("shop", &app).transport(memory.clone()).build()?;
/// let handle = service.handle();
/// let running = tokio::spawn(service.run_until(std::future::pending()));
///
/// handle.ready().await;
/// memory.publish(&Event::builder().source("/shop").ty("opened").build()?).await?;
/// while handle.health().counters().succeeded == 0 {
///     tokio::task::yield_now().await;
/// }
/// assert!(handle.is_ready());
/// assert_eq!(handle.health().subscriptions[0].name, "shop--log");
///
/// handle.stop();
/// assert_eq!(running.await??.released, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ServiceHandle {
    pub(crate) subscriptions: Arc<[Arc<SubscriptionStatus>]>,
    pub(crate) background: Arc<[Arc<TaskStatus>]>,
    /// Cancelled when the service receives no more messages and starts no more handlers.
    pub(crate) draining: CancellationToken,
    /// Counts changes of the status, for tasks that wait for one.
    pub(crate) changes: watch::Sender<u64>,
}

impl ServiceHandle {
    /// Returns the current health.
    #[must_use]
    pub fn health(&self) -> Health {
        let subscriptions = self.subscriptions.iter();
        Health {
            subscriptions: subscriptions.map(|status| status.health()).collect(),
            background: self.background.iter().map(|task| task.health()).collect(),
        }
    }

    /// Returns whether all subscriptions and background tasks are [ready](Health::is_ready).
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.health().is_ready()
    }

    /// Waits until the health satisfies a predicate, and returns it.
    ///
    /// The health is checked whenever a subscription changes its state or a counter, or has an
    /// error. It also depends on time and on the transports, so it is checked at least once per
    /// second.
    pub async fn wait_for(&self, mut predicate: impl FnMut(&Health) -> bool) -> Health {
        let mut changes = self.changes.subscribe();
        // From here on, changes of counters are signalled; earlier ones are read below.
        fence(Ordering::SeqCst);
        loop {
            changes.borrow_and_update();
            let health = self.health();
            if predicate(&health) {
                return health;
            }
            let next = timeout(CHECK_INTERVAL, changes.changed());
            if let Ok(Err(_)) = next.await {
                return health;
            }
        }
    }

    /// Waits until the service is ready.
    pub async fn ready(&self) {
        self.wait_for(Health::is_ready).await;
    }

    /// Begins to drain the service, like the completion of the future passed to
    /// [`run_until`](Service::run_until).
    pub fn stop(&self) {
        self.draining.cancel();
    }
}

/// Declares all subscriptions to each transport before the first one is opened.
fn prepare(tasks: &[Arc<SubscriptionTask>]) {
    let mut by_transport: Vec<(&dyn Transport, Vec<Subscription>)> = Vec::new();
    for task in tasks {
        let (transport, subscription) = (&*task.transport, task.shared.subscription.clone());
        let mut known = by_transport.iter_mut();
        match known.find(|(own, _)| ptr::addr_eq(*own, transport)) {
            Some((_, subscriptions)) => subscriptions.push(subscription),
            None => by_transport.push((transport, vec![subscription])),
        }
    }
    for (transport, subscriptions) in by_transport {
        transport.prepare(&subscriptions);
    }
}

async fn join_all(running: &mut JoinSet<()>) {
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended {
            // The health of the subscription shows that it has stopped.
            tracing::error!(%error, "a task of the service panicked");
        }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("subscriptions", &self.subscriptions.len())
            .finish_non_exhaustive()
    }
}

/// Listens for the signals that ask the process to stop.
#[cfg(unix)]
pub(crate) fn signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens for the signal that asks the process to stop.
#[cfg(not(unix))]
pub(crate) fn signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // If the process cannot listen for the signal, only the handle stops the service.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
