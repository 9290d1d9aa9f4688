//! A service from its start to its end.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::builder::ServiceBuilder;
use super::health::{Phase, ServiceHandle};
use super::lane::Lane;
use super::reader;
use eventkit::Dispatcher;
use eventkit::transport::{Subscription, Transport};

/// How long messages may take to be given back after the deadline of a drain.
const HAND_BACK_WITHIN: Duration = Duration::from_secs(5);

/// Runs handlers on transports; see the [module](crate).
///
/// It needs a runtime of tokio with time enabled.
#[must_use = "a service does nothing until it runs"]
pub struct Service {
    lanes: Vec<Arc<Lane>>,
    handle: ServiceHandle,
    drain: Duration,
}

/// Says how a service came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped {
    /// How many messages were given back to their transports: those that had not begun, or not
    /// finished by the deadline.
    pub handed_back: u64,
    /// How many messages could not even be given back in time; they come again after `ack_wait`.
    pub abandoned: u64,
}

impl Service {
    /// Starts a service for the handlers of a dispatcher.
    ///
    /// The name is part of the durable name of each subscription: with another one a service begins
    /// anew. It is of ASCII letters, digits, `_`, and single `-` between them.
    #[expect(
        clippy::new_ret_no_self,
        reason = "the builder is an implementation detail of `new`"
    )]
    pub fn new(name: impl Into<String>, dispatcher: &Dispatcher) -> ServiceBuilder {
        ServiceBuilder::new(name.into(), dispatcher)
    }

    pub(super) fn from_parts(
        lanes: Vec<Arc<Lane>>,
        handle: ServiceHandle,
        drain: Duration,
    ) -> Self {
        Self {
            lanes,
            handle,
            drain,
        }
    }

    /// Returns what looks at the service while it runs, and stops it.
    #[must_use]
    pub fn handle(&self) -> ServiceHandle {
        self.handle.clone()
    }

    /// Runs until the process is asked to stop, by SIGTERM or ctrl-c, and then drains.
    ///
    /// # Errors
    ///
    /// Where the signals cannot be listened to; nothing has run then.
    pub async fn run(self) -> io::Result<Stopped> {
        let signal = stop_signal()?;
        Ok(self.run_until(signal).await)
    }

    /// Runs until a future is done, or [`ServiceHandle::stop`] is called, and then drains: nothing
    /// is taken any more, handlers that run may finish, and what has not by the deadline is given
    /// back to its transport.
    ///
    /// It also ends where every subscription has ended for good. Dropping its future stops the
    /// service at once: what is not settled comes again after `ack_wait`.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Stopped {
        announce(&self.lanes);
        let mut readers = JoinSet::new();
        for lane in self.lanes {
            readers.spawn(reader::run(lane));
        }
        let shared = &self.handle.shared;
        let mut phase = shared.phase.subscribe();
        let stopped = async {
            // The sender is in the handle that this future holds.
            let _ = phase.wait_for(|now| *now >= Phase::Draining).await;
        };
        tokio::select! {
            () = shutdown => {}
            () = stopped => {}
            () = all(&mut readers) => {}
        }
        tracing::info!("draining");
        shared.advance(Phase::Draining);
        if timeout(self.drain, all(&mut readers)).await.is_err() {
            shared.advance(Phase::Cut);
            if timeout(HAND_BACK_WITHIN, all(&mut readers)).await.is_err() {
                tracing::error!("messages could not be given back in time");
            }
        }
        let counters = self.handle.health().counters();
        Stopped {
            handed_back: counters.handed_back,
            abandoned: counters.in_flight,
        }
    }
}

/// Tells each transport of all of its subscriptions before the first one is opened.
fn announce(lanes: &[Arc<Lane>]) {
    let mut of_transports: Vec<(&Arc<dyn Transport>, Vec<Subscription>)> = Vec::new();
    for lane in lanes {
        let subscription = lane.subscription();
        let is_its = |(own, _): &&mut (&Arc<_>, _)| Arc::ptr_eq(own, &lane.transport);
        match of_transports.iter_mut().find(is_its) {
            Some((_, subscriptions)) => subscriptions.push(subscription),
            None => of_transports.push((&lane.transport, vec![subscription])),
        }
    }
    for (transport, subscriptions) in of_transports {
        transport.prepare(&subscriptions);
    }
}

async fn all(readers: &mut JoinSet<()>) {
    while let Some(ended) = readers.join_next().await {
        if let Err(error) = ended {
            // Its health says that it has stopped.
            tracing::error!(%error, "a subscription has ended");
        }
    }
}

#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
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

#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Where it cannot be listened to, the service is stopped by its handle.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("subscriptions", &self.lanes.len())
            .finish_non_exhaustive()
    }
}
