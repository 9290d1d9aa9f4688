//! The relay, which publishes the events of an outbox.

use std::collections::VecDeque;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventkit::format::{Format, Json};
use eventkit::transport::{BoxFuture, Publisher, TransportErrorKind, backoff, with_causes};
use eventkit::{BoxError, Event};
use eventkit_service::{BackgroundTask, TaskHealth};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::database::operations::Wakeups;
use crate::database::{MAX_DELETED, SqlDatabase, millis};
use crate::error::SqlError;
use crate::relay_health::RelayHealth;
use crate::schema::{Statement, Statements};
use crate::store::SqlStore;
use crate::value::Value;

/// The lease of the active relay, which it renews while it publishes.
///
/// Another relay takes over within ten seconds: after the lease, plus the interval at which it
/// tries.
const LEASE: Duration = Duration::from_secs(8);

/// The time after which a relay renews its lease.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(3);

/// How often an inactive relay tries to take over.
const TAKEOVER_INTERVAL: Duration = Duration::from_secs(1);

const _: () = assert!(
    LEASE.as_secs() + TAKEOVER_INTERVAL.as_secs() < 10,
    "the documentation says ten seconds"
);

/// The time limit for a stopped relay to publish the events that are due.
const STOP_TIMEOUT: Duration = Duration::from_secs(4);

/// The number of events that are read, and marked as published, together.
const BATCH: i64 = 64;

/// The time limit for the publisher to confirm an event.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(30);

const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// The delay before retrying an event that the publisher rejected, or that could not be read.
const REJECTED_DELAY: Duration = Duration::from_mins(1);

/// How often published events are deleted and the backlog is counted.
const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(5);

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

/// A relay while it is active.
struct Active<'r, DB: SqlDatabase> {
    relay: &'r Relay<DB>,
    token: i64,
    stopped: watch::Receiver<bool>,
    renewed: Instant,
    /// The positions of the events that were published and not marked as such yet.
    published: &'r mut Vec<i64>,
    next_housekeeping: Instant,
    /// Whether the database has responded to all queries that the relay needs.
    has_worked: bool,
}

/// A due row of the outbox.
#[derive(Debug)]
struct DueEvent {
    position: i64,
    event: String,
    can_be_cancelled: bool,
}

/// The reason why a relay no longer publishes.
enum Inactive {
    /// Another relay took over.
    Superseded,
    /// The database failed.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Inactive {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
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
            let mut active = Active {
                relay: self,
                token,
                stopped: stopped.clone(),
                renewed: Instant::now(),
                published: &mut published,
                next_housekeeping: Instant::now(),
                has_worked: false,
            };
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

impl<DB: SqlDatabase> Active<'_, DB> {
    /// Becomes the active relay, and publishes until it is stopped and no event is due.
    async fn run(&mut self) -> Result<(), Inactive> {
        self.mark().await?;
        self.lead().await?;
        let relay = self.relay;
        relay.lock().is_active = true;
        let mut wakeups = DB::listen(&relay.store.pool, &relay.store.schema).await?;
        loop {
            let events = self.due().await?;
            if !self.has_worked {
                self.has_worked = true;
                relay.lock().error = None;
            }
            self.keep_house().await?;
            if events.is_empty() {
                if *self.stopped.borrow() {
                    return Ok(());
                }
                self.wait(&mut *wakeups).await?;
            } else {
                self.publish_all(events.into()).await?;
            }
        }
    }

    /// Acquires or renews the lease.
    async fn lead(&mut self) -> Result<(), Inactive> {
        let start = Instant::now();
        let values = [Value::Integer(self.token), Value::Integer(millis(LEASE))];
        if self.execute(&self.statements().lead, &values).await? == 0 {
            return Err(Inactive::Superseded);
        }
        self.renewed = start;
        Ok(())
    }

    fn statements(&self) -> &Statements {
        &self.relay.store.statements
    }

    async fn execute(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<u64, sqlx::Error> {
        let mut connection = self.relay.store.pool.acquire().await?;
        DB::execute(&mut connection, statement, values).await
    }

    async fn fetch(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Vec<DB::Row>, sqlx::Error> {
        let mut connection = self.relay.store.pool.acquire().await?;
        DB::fetch(&mut connection, statement, values).await
    }

    async fn keep_lease(&mut self) -> Result<(), Inactive> {
        if self.renewed.elapsed() < RENEWAL_INTERVAL {
            return Ok(());
        }
        self.lead().await
    }

    async fn due(&mut self) -> Result<Vec<DueEvent>, Inactive> {
        self.keep_lease().await?;
        let limit = [Value::Integer(BATCH)];
        let rows = self.fetch(&self.statements().due, &limit).await?;
        let events = rows.iter().map(|row| {
            Ok(DueEvent {
                position: DB::integer(row, 0)?.unwrap_or_default(),
                event: DB::text(row, 1)?,
                can_be_cancelled: DB::boolean(row, 2)?,
            })
        });
        events.collect()
    }

    /// Publishes events in order. Marks the published ones, including those before a failure.
    async fn publish_all(&mut self, mut events: VecDeque<DueEvent>) -> Result<(), Inactive> {
        let mut outcome = Ok(());
        while let Some(event) = events.pop_front() {
            outcome = self.publish(event).await;
            if outcome.is_err() {
                break;
            }
        }
        self.mark().await?;
        outcome
    }

    async fn publish(&mut self, due: DueEvent) -> Result<(), Inactive> {
        let text = if due.can_be_cancelled {
            // The event may have been replaced since it was read.
            match self.take(due.position).await? {
                Some(text) => text,
                None => return Ok(()),
            }
        } else {
            due.event
        };
        let rejected: BoxError = match Json.decode(text.into()) {
            Ok(event) => match self.until_confirmed(&event).await? {
                Ok(()) => {
                    self.published.push(due.position);
                    return Ok(());
                }
                Err(error) => error,
            },
            Err(error) => error.into(),
        };
        self.postpone(due.position, &*rejected).await
    }

    /// Publishes an event until it is confirmed; returns the error if the publisher rejects it.
    async fn until_confirmed(&mut self, event: &Event) -> Result<Result<(), BoxError>, Inactive> {
        let mut failures = 0;
        loop {
            self.keep_lease().await?;
            let publishing = self.relay.publisher.publish_event(event);
            let error: BoxError = match timeout(PUBLISH_TIMEOUT, publishing).await {
                Ok(Ok(_)) => {
                    let mut health = self.relay.lock();
                    health.published += 1;
                    health.error = None;
                    return Ok(Ok(()));
                }
                Ok(Err(error)) if error.kind() == TransportErrorKind::Rejected => {
                    return Ok(Err(error.into()));
                }
                Ok(Err(error)) => error.into(),
                Err(_) => "the publisher did not confirm an event in time".into(),
            };
            self.relay.report(&*error);
            // Events that were published before are marked meanwhile.
            self.mark().await?;
            self.keep_house().await?;
            failures += 1;
            let delay = backoff::delay(INITIAL_BACKOFF, MAX_BACKOFF, failures);
            if pause(delay, &mut self.stopped).await {
                failures = 0;
            }
        }
    }

    /// Makes an event uncancellable, and returns it if it is still due.
    async fn take(&self, position: i64) -> Result<Option<String>, Inactive> {
        let position = [Value::Integer(position)];
        let rows = self.fetch(&self.statements().take, &position).await?;
        Ok(rows.first().map(|row| DB::text(row, 0)).transpose()?)
    }

    async fn mark(&mut self) -> Result<(), Inactive> {
        if !self.published.is_empty() {
            let store = &self.relay.store;
            let mut connection = store.pool.acquire().await?;
            DB::mark(&mut connection, &store.statements, self.published).await?;
            self.published.clear();
        }
        Ok(())
    }

    async fn postpone(
        &mut self,
        position: i64,
        error: &(dyn std::error::Error + Send + Sync + 'static),
    ) -> Result<(), Inactive> {
        tracing::error!(
            position,
            error,
            "an event of the outbox was rejected; retrying it every minute"
        );
        let error = with_causes(error);
        let text = format!("the event at position {position} of the outbox was rejected: {error}");
        // PostgreSQL text cannot contain NUL, but an id quoted here may.
        let error = error.replace('\0', "\u{fffd}");
        let delay = Value::Integer(millis(REJECTED_DELAY));
        let values = [Value::Integer(position), delay, Value::Text(&error)];
        self.execute(&self.statements().postpone, &values).await?;
        self.relay.lock().rejected = Some(text);
        Ok(())
    }

    /// Periodically deletes old published events, and counts those that are due.
    async fn keep_house(&mut self) -> Result<(), Inactive> {
        if Instant::now() < self.next_housekeeping {
            return Ok(());
        }
        let store = &self.relay.store;
        let mut connection = store.pool.acquire().await?;
        let age = Value::Integer(millis(self.relay.retention));
        let values = [age, Value::Integer(MAX_DELETED)];
        let delete = &store.statements.delete_published;
        // Rows that stay are no reason to publish nothing; a lost connection is one for what follows too.
        let deleted = DB::execute(&mut connection, delete, &values).await;
        let deleted = deleted.unwrap_or_else(|error| {
            tracing::warn!(%error, "failed to delete published events of the outbox");
            0
        });
        store.sweep(&mut connection).await;
        let rows = DB::fetch(&mut connection, &store.statements.backlog, &[]).await?;
        if let Some(row) = rows.first() {
            let (backlog, lag) = (unsigned::<DB>(row, 0)?, unsigned::<DB>(row, 1)?);
            let mut health = self.relay.lock();
            health.backlog = backlog.unwrap_or_default();
            health.lag = Duration::from_millis(lag.unwrap_or_default());
        }
        if deleted < MAX_DELETED.cast_unsigned() {
            self.next_housekeeping = Instant::now() + HOUSEKEEPING_INTERVAL;
        }
        Ok(())
    }

    /// Waits until an event may be due.
    async fn wait(&mut self, wakeups: &mut dyn Wakeups) -> Result<(), Inactive> {
        let rows = self.fetch(&self.statements().next_due, &[]).await?;
        let next = rows.first().map(|row| unsigned::<DB>(row, 0)).transpose()?;
        let next = next.flatten().map(Duration::from_millis);
        let delay = next.unwrap_or(DB::POLL_INTERVAL).min(DB::POLL_INTERVAL);
        tokio::select! {
            () = sleep(delay) => Ok(()),
            () = stop(&mut self.stopped) => Ok(()),
            woken = wakeups.next() => Ok(woken?),
        }
    }
}

/// Converts a number to unsigned; a negative one becomes zero.
fn unsigned<DB: SqlDatabase>(row: &DB::Row, column: usize) -> Result<Option<u64>, sqlx::Error> {
    let number = DB::integer(row, column)?;
    Ok(number.map(|number| u64::try_from(number).unwrap_or_default()))
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
