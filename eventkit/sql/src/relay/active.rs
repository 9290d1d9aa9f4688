//! The relay that holds the lease, and publishes.

use std::collections::VecDeque;
use std::time::Duration;

use eventkit::format::{Format, Json};
use eventkit::transport::{TransportErrorKind, backoff, with_causes};
use eventkit::{BoxError, Event};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::{INITIAL_BACKOFF, LEASE, MAX_BACKOFF, Relay, pause, stop};
use crate::database::operations::Wakeups;
use crate::database::{MAX_DELETED, SqlDatabase, millis};
use crate::schema::{Statement, Statements};
use crate::value::Value;

/// The time after which a relay renews its lease.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(3);

/// The number of events that are read, and marked as published, together.
const BATCH: i64 = 64;

/// The time limit for the publisher to confirm an event.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(30);

/// The delay before retrying an event that the publisher rejected, or that could not be read.
const REJECTED_DELAY: Duration = Duration::from_mins(1);

/// How often published events are deleted and the backlog is counted.
const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(5);

/// A relay while it is active.
pub(super) struct Active<'r, DB: SqlDatabase> {
    relay: &'r Relay<DB>,
    token: i64,
    stopped: watch::Receiver<bool>,
    renewed: Instant,
    /// The positions of the events that were published and not marked as such yet.
    published: &'r mut Vec<i64>,
    next_housekeeping: Instant,
    /// Whether the database has responded to all queries that the relay needs.
    pub(super) has_worked: bool,
}

/// A due row of the outbox.
#[derive(Debug)]
struct DueEvent {
    position: i64,
    event: String,
    can_be_cancelled: bool,
}

/// The reason why a relay no longer publishes.
pub(super) enum Inactive {
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

impl<'r, DB: SqlDatabase> Active<'r, DB> {
    pub(super) fn new(
        relay: &'r Relay<DB>,
        token: i64,
        stopped: watch::Receiver<bool>,
        published: &'r mut Vec<i64>,
    ) -> Self {
        Self {
            relay,
            token,
            stopped,
            renewed: Instant::now(),
            published,
            next_housekeeping: Instant::now(),
            has_worked: false,
        }
    }

    /// Becomes the active relay, and publishes until it is stopped and no event is due.
    pub(super) async fn run(&mut self) -> Result<(), Inactive> {
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
