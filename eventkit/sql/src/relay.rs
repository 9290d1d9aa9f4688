//! The relay, which publishes the events of an outbox.

mod active;

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::{BoxFuture, Publisher, backoff, with_causes};
use eventkit_service::{BackgroundTask, TaskHealth};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use self::active::{Active, Inactive};
use crate::database::SqlDatabase;
use crate::error::SqlError;
use crate::relay_health::RelayHealth;
use crate::store::SqlStore;
use crate::value::Value;

/// The lease of the active relay, which it renews while it publishes.
///
/// Another relay takes over within ten seconds: after the lease, plus the interval at which it
/// tries.
const LEASE: Duration = Duration::from_secs(8);

/// How often an inactive relay tries to take over.
const TAKEOVER_INTERVAL: Duration = Duration::from_secs(1);

const _: () = assert!(
    LEASE.as_secs() + TAKEOVER_INTERVAL.as_secs() < 10,
    "the documentation says ten seconds"
);

/// The time limit for a stopped relay to publish the events that are due.
const STOP_TIMEOUT: Duration = Duration::from_secs(4);

const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// A relay, which publishes the events in the outbox of a [`SqlStore`].
///
/// It publishes events one at a time, in the order in which they are due, and retries each until
/// the publisher confirms it. If the publisher rejects an event, the relay continues with the next
/// one, and retries the rejected one every minute. If several relays share an outbox, only one
/// publishes at a time; if its process dies, another relay takes over within ten seconds. Events
/// that were published but not yet marked as such are published again; brokers and inboxes detect
/// these duplicates by source and id.
///
/// PostgreSQL notifies the relay of each stored event, which takes one connection of the pool.
/// SQLite is polled ten times a second.
///
/// ```no_run
/// use eventkit::Dispatcher;
/// use eventkit_service::Service;
/// use eventkit_service::memory::Memory;
/// use eventkit_sql::{Relay, SqlStore};
/// use sqlx::sqlite::SqlitePool;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let store = SqlStore::new(SqlitePool::connect("sqlite:shop.db").await?);
/// store.migrate().await?;
/// let transport = Memory::new();
///
/// let app = Dispatcher::new(eventkit::default_registry()).state(store.clone()).build()?;
/// let service = Service::new("shop", &app)
///     .transport(transport.clone())
///     .background(Relay::new(store, transport))
///     .build()?;
/// service.run().await?;
/// # Ok(())
/// # }
/// ```
pub struct Relay<DB: SqlDatabase> {
    store: SqlStore<DB>,
    publisher: Arc<dyn Publisher>,
    retention: Duration,
    health: Arc<Mutex<RelayHealth>>,
}

impl<DB: SqlDatabase> Relay<DB> {
    /// Creates a relay that publishes the events of a store's outbox.
    pub fn new(store: SqlStore<DB>, publisher: impl Publisher + 'static) -> Self {
        Self {
            store,
            publisher: Arc::new(publisher),
            retention: Duration::from_hours(24),
            health: Arc::default(),
        }
    }

    /// Sets how long published events are kept in the outbox; a day by default.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    /// Returns the current health.
    #[must_use]
    pub fn health(&self) -> RelayHealth {
        self.lock().clone()
    }

    /// Publishes events until a future completes, and then those that are already due, for up to
    /// four seconds.
    ///
    /// Failures of the database or the publisher are retried, and never end it.
    pub async fn run_until(&self, stop: impl Future<Output = ()>) {
        let token = fastrand::i64(1..);
        let (stopping, stopped) = watch::channel(false);
        let mut running = pin!(self.run(token, stopped));
        tokio::select! {
            biased;
            () = stop => {}
            () = running.as_mut() => {}
        }
        stopping.send_replace(true);
        let _ = timeout(STOP_TIMEOUT, running).await;
        self.lock().end();
        let resigning = async {
            let mut connection = self.store.connection("release the relay's lease").await?;
            let resign = &self.store.statements.resign;
            let resigned = DB::execute(&mut connection, resign, &[Value::Integer(token)]).await;
            resigned.map_err(SqlError::of("release the relay's lease"))
        };
        // Without this, other relays wait until the lease expires.
        let _ = timeout(Duration::from_secs(1), resigning).await;
    }

    /// Publishes whenever this relay is active, until it is stopped.
    async fn run(&self, token: i64, mut stopped: watch::Receiver<bool>) {
        let mut failures = 0;
        // Kept when the database fails, so that nothing is published again when it is back.
        let mut published = Vec::new();
        loop {
            let mut active = Active::new(self, token, stopped.clone(), &mut published);
            let wait = match active.run().await {
                Ok(()) => return,
                // The other relay publishes what is due.
                Err(Inactive::Superseded) if *stopped.borrow() => return,
                Err(Inactive::Superseded) => {
                    failures = 0;
                    self.lock().error = None;
                    TAKEOVER_INTERVAL
                }
                Err(Inactive::Database(error)) => {
                    if active.has_worked {
                        failures = 0;
                    }
                    failures += 1;
                    let error = SqlError::of("access the outbox")(error);
                    self.report(&error);
                    backoff::delay(INITIAL_BACKOFF, MAX_BACKOFF, failures)
                }
            };
            self.lock().end();
            if pause(wait, &mut stopped).await {
                failures = 0;
            }
        }
    }

    fn report(&self, error: &(dyn std::error::Error + 'static)) {
        let text = with_causes(error);
        let mut health = self.lock();
        if health.error.as_ref() != Some(&text) {
            tracing::warn!(
                error = text,
                "the relay cannot publish events; retrying after a delay"
            );
        }
        health.error = Some(text);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, RelayHealth> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a delay before a retry, and returns whether the relay is stopped meanwhile. It then retries at once, and
/// with short delays again, since the time to stop is short.
async fn pause(delay: Duration, stopped: &mut watch::Receiver<bool>) -> bool {
    if *stopped.borrow() {
        sleep(delay).await;
        return false;
    }
    timeout(delay, stop(stopped)).await.is_ok()
}

/// Waits until a relay is stopped.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    // If the sender is gone, the relay was dropped.
    let _ = stopped.wait_for(|is_stopped| *is_stopped).await;
}

impl<DB: SqlDatabase> BackgroundTask for Relay<DB> {
    fn run<'a>(&'a self, stop: BoxFuture<'a, ()>) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async {
            self.run_until(stop).await;
            Ok(())
        })
    }

    fn health(&self) -> TaskHealth {
        let own = self.health();
        let mut health = TaskHealth::new("outbox");
        health.error = own.error;
        health.backlog = own.backlog;
        health.lag = own.lag;
        health.warnings = own.rejected.into_iter().collect();
        health
    }
}

impl<DB: SqlDatabase> Clone for Relay<DB> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            publisher: Arc::clone(&self.publisher),
            retention: self.retention,
            health: Arc::clone(&self.health),
        }
    }
}

impl<DB: SqlDatabase> fmt::Debug for Relay<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("store", &self.store)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}
