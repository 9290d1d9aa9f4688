//! SQLite.

use std::error::Error;
use std::time::Duration;

use eventkit::transport::BoxFuture;
use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;
use sqlx::{AssertSqlSafe, Executor, Row, Sqlite, SqliteConnection, SqlitePool};

use super::operations::{MissingRights, Never, Operations, Wakeups};
use super::{BatchStatements, Dialect, Schema, Statement, Statements, Value};

const NOW: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/// Acquires the write lock at the start. A transaction that upgrades to a write later fails at
/// once, instead of waiting, if another one is writing.
const BEGIN: &str = "BEGIN IMMEDIATE";

impl Operations for Sqlite {
    const BEGIN: &'static str = BEGIN;
    const BEGIN_MIGRATION: &'static str = BEGIN;
    const POLL_INTERVAL: Duration = Duration::from_millis(100);

    fn statements(schema: &Schema) -> Statements {
        Statements::new(&Dialect {
            prefix: prefix(schema),
            now: NOW,
            fixed_now: NOW,
            // Only one transaction writes at a time, so no other unit of work is open.
            claim_condition: "$5 IS NOT NULL",
            transaction: "0",
            in_positions: "IN (SELECT value FROM json_each($1))",
            events: "(SELECT CAST($1 AS TEXT) AS value)",
        })
    }

    fn batch_statements(schema: &Schema) -> Option<BatchStatements> {
        // One transaction at a time writes, so operations would wait for each other.
        Some(BatchStatements::new(&prefix(schema), NOW))
    }

    fn missing_rights<'a>(
        _: &'a mut SqliteConnection,
        _: &'a Schema,
    ) -> BoxFuture<'a, Result<Option<MissingRights>, sqlx::Error>> {
        // SQLite has no users.
        Box::pin(async { Ok(None) })
    }

    fn prepare_migration<'a>(
        connection: &'a mut SqliteConnection,
        schema: &'a Schema,
    ) -> BoxFuture<'a, Result<bool, sqlx::Error>> {
        Box::pin(async move {
            let exists =
                sqlx::query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1");
            let exists = exists.bind(format!("{}_migrations", schema.as_str()));
            Ok(exists.fetch_optional(connection).await?.is_some())
        })
    }

    fn check(
        connection: &mut SqliteConnection,
        _: i64,
    ) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
        Box::pin(async move {
            // A failed statement may end the transaction: if the disk is full, or with `OR
            // ROLLBACK`. Only then does `BEGIN` succeed.
            Ok(connection.execute("BEGIN").await.is_err())
        })
    }

    fn database_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e dyn DatabaseError> {
        error.downcast_ref::<SqliteError>().map(|error| error as _)
    }

    fn store_all<'a>(
        connection: &'a mut SqliteConnection,
        statements: &'a Statements,
        events: &'a [String],
    ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
        Box::pin(async move {
            // SQLite has no arrays, and there is no network round trip to save.
            for event in events {
                let store = sqlx::query(statements.store_all.sql()).bind(event);
                store.execute(&mut *connection).await?;
            }
            Ok(())
        })
    }

    fn mark<'a>(
        connection: &'a mut SqliteConnection,
        statements: &'a Statements,
        positions: &'a [i64],
    ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
        Box::pin(async move {
            let mark = sqlx::query(statements.mark.sql()).bind(format!("{positions:?}"));
            mark.execute(connection).await?;
            Ok(())
        })
    }

    fn listen<'a>(
        _: &'a SqlitePool,
        _: &'a Schema,
    ) -> BoxFuture<'a, Result<Box<dyn Wakeups>, sqlx::Error>> {
        Box::pin(async {
            // SQLite does not notify other connections.
            let never: Box<dyn Wakeups> = Box::new(Never);
            Ok(never)
        })
    }

    shared_operations!();
}

bind!(Sqlite);

/// Returns what stands before the name of a table.
fn prefix(schema: &Schema) -> String {
    format!("{}_", schema.as_str())
}

fn first_version(schema: &str) -> String {
    format!(
        "CREATE TABLE {schema}_migrations (
             version INTEGER PRIMARY KEY,
             applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
         ) STRICT;
         CREATE TABLE {schema}_inbox (
             key BLOB PRIMARY KEY,
             source TEXT NOT NULL,
             id TEXT NOT NULL,
             subscription TEXT NOT NULL,
             token INTEGER,
             leased_until INTEGER,
             completed_at INTEGER
         ) STRICT;
         CREATE INDEX {schema}_inbox_expiry ON {schema}_inbox (coalesce(completed_at, leased_until));
         CREATE TABLE {schema}_outbox (
             position INTEGER PRIMARY KEY AUTOINCREMENT,
             event TEXT NOT NULL,
             key TEXT UNIQUE,
             due INTEGER NOT NULL,
             published_at INTEGER,
             error TEXT
         ) STRICT;
         CREATE INDEX {schema}_outbox_due ON {schema}_outbox (due, position)
             WHERE published_at IS NULL;
         CREATE INDEX {schema}_outbox_published ON {schema}_outbox (published_at)
             WHERE published_at IS NOT NULL;
         CREATE TABLE {schema}_relay (
             row INTEGER PRIMARY KEY CHECK (row = 1),
             token INTEGER NOT NULL,
             leased_until INTEGER NOT NULL
         ) STRICT;
         INSERT INTO {schema}_relay (row, token, leased_until) VALUES (1, 0, 0);
         INSERT INTO {schema}_migrations (version) VALUES (1);"
    )
}
