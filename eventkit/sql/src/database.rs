//! The supported databases, and how statements are executed in them.

use std::error::Error;
use std::future::pending;
use std::time::Duration;

use eventkit::transport::BoxFuture;
use sqlx::error::DatabaseError;
use sqlx::{Database, Pool};

use crate::batch_statements::BatchStatements;
use crate::schema::{Dialect, Schema, Statement, Statements};
use crate::value::Value;

/// A database in which eventkit keeps its tables: [`Postgres`](sqlx::Postgres) or
/// [`Sqlite`](sqlx::Sqlite).
///
/// [`SqlStore`](crate::SqlStore) has an example. This trait is sealed.
pub trait SqlDatabase: operations::Operations {}

impl<DB: operations::Operations> SqlDatabase for DB {}

/// The number of rows that one statement deletes, so that no statement takes long.
pub(crate) const MAX_DELETED: i64 = 1000;

pub(crate) fn millis(duration: Duration) -> i64 {
    // A sum with the current time must not overflow.
    let limit = i64::MAX / 4;
    i64::try_from(duration.as_millis()).map_or(limit, |millis| millis.min(limit))
}

/// Returns whether a handler has completed an event, or `None` if nothing is recorded about it.
pub(crate) async fn is_completed<DB: SqlDatabase>(
    connection: &mut DB::Connection,
    statements: &Statements,
    digest: &[u8],
) -> Result<Option<bool>, sqlx::Error> {
    let rows = DB::fetch(
        connection,
        &statements.is_completed,
        &[Value::Bytes(digest)],
    )
    .await?;
    rows.first().map(|row| DB::boolean(row, 0)).transpose()
}

/// The operations that this crate needs from a database. The module is private, so that no other
/// crate can implement the trait.
pub(crate) mod operations {
    use super::{
        BatchStatements, BoxFuture, Database, DatabaseError, Duration, Error, Pool, Schema,
        Statement, Statements, Value, pending,
    };

    type Done<'a, T> = BoxFuture<'a, Result<T, sqlx::Error>>;

    /// The rights that a user lacks.
    #[derive(Debug)]
    pub struct MissingRights {
        pub(crate) user: String,
        pub(crate) rights: Vec<String>,
    }

    /// Notifications that events were stored in the outbox.
    pub trait Wakeups: Send {
        /// Waits for the next notification.
        fn next(&mut self) -> Done<'_, ()>;
    }

    /// No notifications: the relay polls for events.
    pub(crate) struct Never;

    impl Wakeups for Never {
        fn next(&mut self) -> Done<'_, ()> {
            Box::pin(pending())
        }
    }

    pub trait Operations: Database {
        /// The statement that begins a unit of work.
        const BEGIN: &'static str;
        /// The statement that begins the transaction in which tables are created.
        const BEGIN_MIGRATION: &'static str;
        /// How often a relay polls for events that it was not notified of.
        const POLL_INTERVAL: Duration;

        fn statements(schema: &Schema) -> Statements;

        /// Returns the statements that execute waiting inbox operations together, or `None` if each is
        /// executed separately.
        fn batch_statements(schema: &Schema) -> Option<BatchStatements>;

        /// Returns the rights that the user of the connection lacks, or `None` if it has all that are
        /// needed.
        fn missing_rights<'a>(
            connection: &'a mut Self::Connection,
            schema: &'a Schema,
        ) -> Done<'a, Option<MissingRights>>;

        /// Prepares for creating the tables, and keeps other processes from doing so meanwhile.
        /// Returns whether the tables already exist.
        fn prepare_migration<'a>(
            connection: &'a mut Self::Connection,
            schema: &'a Schema,
        ) -> Done<'a, bool>;

        /// Creates the tables of the first version.
        fn create_tables<'a>(
            connection: &'a mut Self::Connection,
            schema: &'a Schema,
        ) -> Done<'a, ()>;

        /// Executes a statement, and returns the number of rows that it changed.
        fn execute<'a>(
            connection: &'a mut Self::Connection,
            statement: &'a Statement,
            values: &'a [Value<'a>],
        ) -> Done<'a, u64>;

        /// Executes a statement, and returns its rows.
        fn fetch<'a>(
            connection: &'a mut Self::Connection,
            statement: &'a Statement,
            values: &'a [Value<'a>],
        ) -> Done<'a, Vec<Self::Row>>;

        fn integer(row: &Self::Row, column: usize) -> Result<Option<i64>, sqlx::Error>;

        fn text(row: &Self::Row, column: usize) -> Result<String, sqlx::Error>;

        fn boolean(row: &Self::Row, column: usize) -> Result<bool, sqlx::Error>;

        /// Returns whether the transaction with this number is still open.
        ///
        /// Returns an error if the transaction can no longer be committed.
        fn check(connection: &mut Self::Connection, number: i64) -> Done<'_, bool>;

        /// Downcasts an error to a database error.
        fn database_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e dyn DatabaseError>;

        /// Stores events that are due now, in order.
        fn store_all<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            events: &'a [String],
        ) -> Done<'a, ()>;

        /// Marks events as published.
        fn mark<'a>(
            connection: &'a mut Self::Connection,
            statements: &'a Statements,
            positions: &'a [i64],
        ) -> Done<'a, ()>;

        /// Listens for events that are stored in the outbox, if the database supports
        /// notifications.
        fn listen<'a>(pool: &'a Pool<Self>, schema: &'a Schema) -> Done<'a, Box<dyn Wakeups>>;
    }
}

/// Implements the operations whose code is the same for both databases, but whose types differ.
macro_rules! shared_operations {
    () => {
        fn create_tables<'a>(
            connection: &'a mut Self::Connection,
            schema: &'a Schema,
        ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
            Box::pin(async move {
                let script = AssertSqlSafe(first_version(schema.as_str()));
                sqlx::raw_sql(script).execute(connection).await?;
                Ok(())
            })
        }

        fn execute<'a>(
            connection: &'a mut Self::Connection,
            statement: &'a Statement,
            values: &'a [Value<'a>],
        ) -> BoxFuture<'a, Result<u64, sqlx::Error>> {
            Box::pin(async move {
                let done = bind(statement, values).execute(connection).await?;
                Ok(done.rows_affected())
            })
        }

        fn fetch<'a>(
            connection: &'a mut Self::Connection,
            statement: &'a Statement,
            values: &'a [Value<'a>],
        ) -> BoxFuture<'a, Result<Vec<Self::Row>, sqlx::Error>> {
            Box::pin(bind(statement, values).fetch_all(connection))
        }

        fn integer(row: &Self::Row, column: usize) -> Result<Option<i64>, sqlx::Error> {
            row.try_get(column)
        }

        fn text(row: &Self::Row, column: usize) -> Result<String, sqlx::Error> {
            row.try_get(column)
        }

        fn boolean(row: &Self::Row, column: usize) -> Result<bool, sqlx::Error> {
            row.try_get(column)
        }
    };
}

/// Implements the function that binds values to a statement.
macro_rules! bind {
    ($database:ty) => {
        fn bind<'a>(
            statement: &Statement,
            values: &'a [Value<'a>],
        ) -> sqlx::query::Query<'a, $database, <$database as sqlx::Database>::Arguments> {
            let query = sqlx::query(statement.sql());
            values.iter().fold(query, |query, value| match value {
                Value::Integer(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::Key(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
                Value::Null => query.bind(None::<i64>),
            })
        }
    };
}

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
