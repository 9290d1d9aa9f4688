//! Errors of stores in SQL databases.

use std::sync::Arc;

use eventkit::EncodeError;
use thiserror::Error;

use crate::key::MAX_KEY_LEN;

/// The error of an operation on the tables of eventkit.
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
    #[cfg(feature = "sqlite")]
    #[error("failed to open the inbox {path}")]
    Open { path: String, source: sqlx::Error },
    #[error("failed to encode the event {event}")]
    Encode { event: String, source: EncodeError },
    #[error(
        "the schema `{0}` has no valid name: expected a lower-case letter or `_`, then up to 39 lower-case \
         letters, digits and `_`"
    )]
    SchemaName(String),
    #[error(
        "the tables have version {found}, and this version of eventkit-sql knows {known}: update it"
    )]
    Newer { found: i64, known: i64 },
    #[error("the user `{user}` of the database lacks rights: {}", .rights.join(", "))]
    Rights { user: String, rights: Vec<String> },
    #[error("the transaction is not there: the handler did not give it back")]
    TransactionTaken,
    #[error(
        "the transaction is no longer that in which the event was claimed: the handler, or an error that it did \
         not return, ended it"
    )]
    TransactionEnded,
    #[error("`Tx` is a parameter of handlers that run in a unit of work of this database")]
    NoUnitOfWork,
    #[error("the key of the event has {0} bytes: expected at most {MAX_KEY_LEN}")]
    KeyTooLong(usize),
    #[error("the worker of the inbox has ended")]
    WorkerEnded,
    /// The error of operations that were executed together.
    #[error(transparent)]
    Batch(Arc<SqlError>),
}

impl From<SqlErrorKind> for SqlError {
    fn from(kind: SqlErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl SqlError {
    /// Returns the error of an operation of the database.
    pub(crate) fn of(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| SqlErrorKind::Database { operation, source }.into()
    }
}
