//! The databases, and the operations on their tables.

use std::error::Error;
use std::future::pending;
use std::time::Duration;

use eventkit::transport::BoxFuture;
use eventkit_service::{Claim, ClaimToken};
use sqlx::error::DatabaseError;
use sqlx::{Database, Pool};

use crate::key::Key;
use crate::schema::{Dialect, Schema, Statements};

/// A database in which eventkit keeps its tables: [`Postgres`](sqlx::Postgres) or
/// [`Sqlite`](sqlx::Sqlite).
///
/// [`SqlStore`](crate::SqlStore) has an example. This trait is sealed.
pub trait SqlDatabase: operations::Operations {}

impl<DB: operations::Operations> SqlDatabase for DB {}

/// The version of the tables.
pub(crate) const VERSION: i32 = 1;

/// The number of rows that one statement deletes, so that none takes long.
pub(crate) const MAX_DELETED: u64 = 1000;

/// The answer to a claim by a unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitClaim {
    /// Granted in the transaction with this number.
    Granted(i64),
    InProgress,
    Completed,
}

/// The moment at which a stored event is due.
#[derive(Debug, Clone, Copy)]
pub enum Due {
    Now,
    In(i64),
    At(i64),
}

/// A row of the outbox that is due.
#[derive(Debug)]
pub struct DueEvent {
    pub(crate) position: i64,
    pub(crate) event: String,
    pub(crate) can_be_cancelled: bool,
}

/// An operation of an inbox.
#[derive(Debug, Clone)]
pub enum InboxOperation {
    Claim {
        key: Key,
        lease: i64,
        window: i64,
    },
    Renew {
        key: Key,
        token: ClaimToken,
        lease: i64,
    },
    Complete {
        key: Key,
    },
    Release {
        key: Key,
        token: ClaimToken,
    },
}

/// The answer to an operation of an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboxAnswer {
    Claimed(Claim),
    /// Whether a row was changed.
    Changed(bool),
}

pub(crate) fn millis(duration: Duration) -> i64 {
    // Sums with the time of the clock stay within the type.
    let limit = i64::MAX / 4;
    i64::try_from(duration.as_millis()).map_or(limit, |millis| millis.min(limit))
}

/// What the crate asks of a database. It is in a module that is not public, so that no other crate
/// implements it.
pub(crate) mod operations {
    use super::{
        BoxFuture, Database, DatabaseError, Due, DueEvent, Duration, Error, InboxAnswer,
        InboxOperation, Key, Pool, Schema, Statements, UnitClaim, pending,
    };

    type Done<'a, T> = BoxFuture<'a, Result<T, sqlx::Error>>;

    /// The notifications that events were stored in the outbox.
    pub trait Wakeups: Send {
        /// Waits for the next one.
        fn next(&mut self) -> Done<'_, ()>;
    }

    /// No notifications: the relay looks for events at intervals.
    pub(crate) struct Never;

    impl Wakeups for Never {
        fn next(&mut self) -> Done<'_, ()> {
            Box::pin(pending())
        }
    }

    pub trait Operations: Database {
        /// The statement that begins a unit of work.
        const BEGIN: &'static str;
        /// Whether operations of an inbox that wait at the same time share a transaction.
        const BATCHES: bool;
        /// How often a relay looks for events that nothing told it of.
        const POLL_INTERVAL: Duration;

        fn statements(schema: &Schema) -> Statements;

        fn migrate<'a>(
            connection: &'a mut Self::Connection,
            schema: &'a Schema,
        ) -> Done<'a, Result<(), i32>>;

        /// Returns whether the transaction with a number is still open.
        ///
        /// It is an error if it can no longer be committed.
        fn check(connection: &mut Self::Connection, number: i64) -> Done<'_, bool>;

        /// Returns an error as one of the database, if it is one.
        fn database_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e dyn DatabaseError>;

        fn claim_unit<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            schema: &'a Schema,
            key: &'a Key,
        ) -> Done<'a, UnitClaim>;

        fn inbox<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            operation: &'a InboxOperation,
        ) -> Done<'a, InboxAnswer>;

        fn store<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            event: &'a str,
            key: Option<&'a str>,
            due: Due,
        ) -> Done<'a, ()>;

        /// Stores events that are due now, in their order.
        fn store_all<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            events: &'a [String],
        ) -> Done<'a, ()>;

        fn cancel<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            key: &'a str,
        ) -> Done<'a, bool>;

        /// Takes or renews the lease of the relay; returns whether this one has it.
        fn lead<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            token: i64,
            lease: i64,
        ) -> Done<'a, bool>;

        fn resign<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            token: i64,
        ) -> Done<'a, ()>;

        fn due<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            limit: i64,
        ) -> Done<'a, Vec<DueEvent>>;

        /// Returns the milliseconds until the next event is due.
        fn next_due<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
        ) -> Done<'a, Option<i64>>;

        /// Takes an event from those that can be cancelled, and returns it if it is still due.
        fn take<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            position: i64,
        ) -> Done<'a, Option<String>>;

        fn mark<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            positions: &'a [i64],
        ) -> Done<'a, ()>;

        fn postpone<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            position: i64,
            delay: i64,
            error: &'a str,
        ) -> Done<'a, ()>;

        /// Deletes entries of the inbox that are older than a window; returns how many.
        fn delete_expired<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            window: i64,
        ) -> Done<'a, u64>;

        /// Deletes events that were published long enough ago; returns how many.
        fn delete_published<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            age: i64,
        ) -> Done<'a, u64>;

        /// Listens for events that are stored in the outbox, if the database can tell.
        fn listen<'a>(pool: &'a Pool<Self>, schema: &'a Schema) -> Done<'a, Box<dyn Wakeups>>;

        /// Returns the number of events that are due, and the age of the oldest one in milliseconds.
        fn backlog<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
        ) -> Done<'a, (i64, i64)>;
    }
}

/// Writes the operations that both databases have in the same words.
macro_rules! shared_operations {
    () => {
        fn claim_unit<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            schema: &'a Schema,
            key: &'a Key,
        ) -> BoxFuture<'a, Result<UnitClaim, sqlx::Error>> {
            Box::pin(async move {
                let claim = sqlx::query(statements.begin_unit.sql())
                    .bind(&key.digest)
                    .bind(&key.source)
                    .bind(&key.id)
                    .bind(&key.handler)
                    .bind(key.lock(schema.as_str()));
                if let Some(row) = claim.fetch_optional(&mut *connection).await? {
                    return Ok(UnitClaim::Granted(row.try_get(0)?));
                }
                let is_completed = sqlx::query_scalar(statements.is_completed.sql());
                let is_completed = is_completed.bind(&key.digest);
                Ok(match is_completed.fetch_optional(connection).await? {
                    Some(true) => UnitClaim::Completed,
                    _ => UnitClaim::InProgress,
                })
            })
        }

        fn inbox<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            operation: &'a InboxOperation,
        ) -> BoxFuture<'a, Result<InboxAnswer, sqlx::Error>> {
            Box::pin(async move {
                let changed = match operation {
                    InboxOperation::Claim { key, lease, window } => {
                        let token = ClaimToken::random();
                        let claim = sqlx::query(statements.claim.sql())
                            .bind(&key.digest)
                            .bind(&key.source)
                            .bind(&key.id)
                            .bind(&key.handler)
                            .bind(token.get().cast_signed())
                            .bind(lease)
                            .bind(window);
                        if claim.fetch_optional(&mut *connection).await?.is_some() {
                            return Ok(InboxAnswer::Claimed(Claim::Granted(token)));
                        }
                        let is_completed = sqlx::query_scalar(statements.is_completed.sql());
                        let is_completed = is_completed.bind(&key.digest);
                        let claim = match is_completed.fetch_optional(connection).await? {
                            Some(true) => Claim::Completed,
                            _ => Claim::InProgress,
                        };
                        return Ok(InboxAnswer::Claimed(claim));
                    }
                    InboxOperation::Renew { key, token, lease } => {
                        sqlx::query(statements.renew.sql())
                            .bind(&key.digest)
                            .bind(token.get().cast_signed())
                            .bind(lease)
                            .execute(connection)
                            .await?
                    }
                    InboxOperation::Complete { key } => {
                        sqlx::query(statements.complete.sql())
                            .bind(&key.digest)
                            .bind(&key.source)
                            .bind(&key.id)
                            .bind(&key.handler)
                            .execute(connection)
                            .await?
                    }
                    InboxOperation::Release { key, token } => {
                        sqlx::query(statements.release.sql())
                            .bind(&key.digest)
                            .bind(token.get().cast_signed())
                            .execute(connection)
                            .await?
                    }
                };
                Ok(InboxAnswer::Changed(changed.rows_affected() > 0))
            })
        }

        fn store<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            event: &'a str,
            key: Option<&'a str>,
            due: Due,
        ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
            Box::pin(async move {
                let store = match due {
                    Due::Now => sqlx::query(statements.store.sql()).bind(event),
                    Due::In(delay) => sqlx::query(statements.schedule_in.sql())
                        .bind(event)
                        .bind(key)
                        .bind(delay),
                    Due::At(time) => sqlx::query(statements.schedule_at.sql())
                        .bind(event)
                        .bind(key)
                        .bind(time),
                };
                store.execute(connection).await?;
                Ok(())
            })
        }

        fn cancel<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            key: &'a str,
        ) -> BoxFuture<'a, Result<bool, sqlx::Error>> {
            Box::pin(async move {
                let cancel = sqlx::query(statements.cancel.sql()).bind(key);
                Ok(cancel.execute(connection).await?.rows_affected() > 0)
            })
        }

        fn lead<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            token: i64,
            lease: i64,
        ) -> BoxFuture<'a, Result<bool, sqlx::Error>> {
            Box::pin(async move {
                let lead = sqlx::query(statements.lead.sql()).bind(token).bind(lease);
                Ok(lead.execute(connection).await?.rows_affected() > 0)
            })
        }

        fn resign<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            token: i64,
        ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
            Box::pin(async move {
                let resign = sqlx::query(statements.resign.sql()).bind(token);
                resign.execute(connection).await?;
                Ok(())
            })
        }

        fn due<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            limit: i64,
        ) -> BoxFuture<'a, Result<Vec<DueEvent>, sqlx::Error>> {
            Box::pin(async move {
                let due = sqlx::query(statements.due.sql()).bind(limit);
                let rows = due.fetch_all(connection).await?;
                let events = rows.iter().map(|row| {
                    Ok(DueEvent {
                        position: row.try_get(0)?,
                        event: row.try_get(1)?,
                        can_be_cancelled: row.try_get(2)?,
                    })
                });
                events.collect()
            })
        }

        fn next_due<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
        ) -> BoxFuture<'a, Result<Option<i64>, sqlx::Error>> {
            Box::pin(async move {
                let next = sqlx::query_scalar(statements.next_due.sql());
                next.fetch_one(connection).await
            })
        }

        fn take<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            position: i64,
        ) -> BoxFuture<'a, Result<Option<String>, sqlx::Error>> {
            Box::pin(async move {
                let take = sqlx::query_scalar(statements.take.sql()).bind(position);
                take.fetch_optional(connection).await
            })
        }

        fn postpone<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            position: i64,
            delay: i64,
            error: &'a str,
        ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
            Box::pin(async move {
                let postpone = sqlx::query(statements.postpone.sql())
                    .bind(position)
                    .bind(delay)
                    .bind(error);
                postpone.execute(connection).await?;
                Ok(())
            })
        }

        fn delete_expired<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            window: i64,
        ) -> BoxFuture<'a, Result<u64, sqlx::Error>> {
            Box::pin(async move {
                let delete = sqlx::query(statements.delete_expired.sql())
                    .bind(window)
                    .bind(MAX_DELETED.cast_signed());
                Ok(delete.execute(connection).await?.rows_affected())
            })
        }

        fn delete_published<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            age: i64,
        ) -> BoxFuture<'a, Result<u64, sqlx::Error>> {
            Box::pin(async move {
                let delete = sqlx::query(statements.delete_published.sql())
                    .bind(age)
                    .bind(MAX_DELETED.cast_signed());
                Ok(delete.execute(connection).await?.rows_affected())
            })
        }

        fn backlog<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
        ) -> BoxFuture<'a, Result<(i64, i64), sqlx::Error>> {
            Box::pin(async move {
                let row = connection.fetch_one(statements.backlog.sql()).await?;
                Ok((row.try_get(0)?, row.try_get(1)?))
            })
        }
    };
}

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
