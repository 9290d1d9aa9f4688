//! Errors of SQL stores.

use std::sync::Arc;

use eventkit::EncodeError;
use thiserror::Error;

use crate::key::MAX_KEY_LEN;

/// An error from an operation on eventkit's tables.
///
/// [`SqlStore`](crate::SqlStore) has an example.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct SqlError(Box<SqlErrorKind>);

#[derive(Debug, Error)]
pub(crate) enum SqlErrorKind {
    #[error("failed to {operation}")]
    Database {
        operation: &'static str,
        source: sqlx::Error,
    },
    #[error("failed to {operation}: eventkit's tables are missing, call `SqlStore::migrate` first")]
    NotMigrated {
        operation: &'static str,
        source: sqlx::Error,
    },
    #[cfg(feature = "sqlite")]
    #[error("failed to open the inbox file {path}")]
    Open { path: String, source: sqlx::Error },
    #[error("failed to encode the event {event}")]
    Encode { event: String, source: EncodeError },
    #[error(
        "`{0}` is not a valid schema name: expected a lower-case letter or `_`, then up to 39 lower-case \
         letters, digits and `_`"
    )]
    SchemaName(String),
    #[error(
        "the tables have version {found}, but this version of eventkit-sql only supports {known}: update eventkit-sql"
    )]
    Newer { found: i64, known: i64 },
    #[error("the database user `{user}` lacks rights: {}", .rights.join(", "))]
    Rights { user: String, rights: Vec<String> },
    #[error(
        "the handler kept the `Tx` instead of dropping it, so the transaction cannot be committed"
    )]
    TransactionTaken,
    #[error(
        "the transaction in which the event was claimed has ended: the handler, or an error that it did \
         not return, ended it"
    )]
    TransactionEnded,
    #[error("`Tx` requires a handler that runs in a unit of work of this database")]
    NoUnitOfWork,
    #[error("the key is {0} bytes long: expected at most {MAX_KEY_LEN}")]
    KeyTooLong(usize),
    #[error("the inbox worker has stopped")]
    WorkerEnded,
    /// The error from a statement that executed several operations.
    #[error(transparent)]
    Batch(Arc<SqlError>),
}

impl From<SqlErrorKind> for SqlError {
    fn from(kind: SqlErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl SqlError {
    /// Returns a function that wraps the error of a database operation.
    pub(crate) fn of(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| {
            let kind = if is_table_missing(&source) {
                SqlErrorKind::NotMigrated { operation, source }
            } else {
                SqlErrorKind::Database { operation, source }
            };
            kind.into()
        }
    }
}

/// Returns whether a statement named a table, or the schema of one, that does not exist.
fn is_table_missing(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    // PostgreSQL's codes of undefined tables and schemas. SQLite has none for it.
    let codes = ["42P01", "3F000"];
    error.code().is_some_and(|code| codes.contains(&&*code))
        || error.message().starts_with("no such table: ")
}
