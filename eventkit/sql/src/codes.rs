//! Classification of database errors.

use std::borrow::Cow;
use std::error::Error;

use eventkit::unit_of_work::CommitError;
use sqlx::error::DatabaseError;

use crate::database::SqlDatabase;
use crate::error::SqlError;

const SQLITE_FULL: u32 = 13;

/// Classifies the error of a statement at the end of a unit of work.
pub(crate) fn not_committed<DB: SqlDatabase>(error: sqlx::Error) -> CommitError {
    let wrap = SqlError::of("commit");
    if is_conflict::<DB>(&error) {
        return CommitError::Conflict(wrap(error).into());
    }
    match error.as_database_error() {
        // The handler's fault: it ignored the error of a statement, or broke a deferred constraint.
        Some(database) if !is_unavailable(database) => CommitError::Refused(wrap(error).into()),
        _ => CommitError::Unavailable(wrap(error).into()),
    }
}

/// Returns whether the error code means that the database is currently unavailable.
fn is_unavailable(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    if let Some(primary) = sqlite_code(&code) {
        // Out of memory, a read-only file, an I/O error, a full disk, a file that cannot be opened.
        return matches!(primary, 7 | 8 | 10 | SQLITE_FULL | 14);
    }
    // A cancelled statement, such as by `statement_timeout`, is the handler's failure.
    let is_cancelled = code == "57014";
    // The error classes of connections, resources, operators and systems.
    let classes = ["08", "53", "57", "58"];
    !is_cancelled && classes.iter().any(|class| code.starts_with(class))
}

/// Returns whether an error, or one of its causes, means that the database is currently
/// unavailable.
pub(crate) fn is_lost<DB: SqlDatabase>(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|error| {
        let own = error.downcast_ref::<sqlx::Error>();
        own.is_some_and(is_disconnected) || database_error::<DB>(error).is_some_and(is_unavailable)
    })
}

/// Returns whether an error says, or one behind it, that the disk is full.
pub(crate) fn is_full<DB: SqlDatabase>(error: &(dyn Error + 'static)) -> bool {
    let code = code::<DB>(error);
    sqlite_code(&code) == Some(SQLITE_FULL) || code == "53100"
}

/// Returns whether the connection to the database is lost.
fn is_disconnected(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Io, Protocol, Tls, WorkerCrashed};
    matches!(error, Io(_) | Tls(_) | Protocol(_) | WorkerCrashed)
}

/// Returns whether an sqlx error, or the one behind an error, is a conflict between transactions.
pub(crate) fn is_conflict<DB: SqlDatabase>(error: &(dyn Error + 'static)) -> bool {
    let code = code::<DB>(error);
    // `SQLITE_BUSY` and `SQLITE_LOCKED`, or PostgreSQL's serialization failure and deadlock.
    matches!(sqlite_code(&code), Some(5 | 6)) || ["40001", "40P01"].contains(&&*code)
}

/// Returns the code of the database's error among an error and its causes, or an empty string.
fn code<'e, DB: SqlDatabase>(error: &'e (dyn Error + 'static)) -> Cow<'e, str> {
    let database = causes(error).find_map(database_error::<DB>);
    database.and_then(DatabaseError::code).unwrap_or_default()
}

/// Returns the primary result code of an SQLite error, without its extension bits.
fn sqlite_code(code: &str) -> Option<u32> {
    // PostgreSQL's codes have five characters.
    let code: u32 = code.parse().ok().filter(|_| code.len() < 5)?;
    Some(code & 0xff)
}

/// Returns the database error, either from the sqlx error itself or from its source: a transparent
/// error, in thiserror's sense, exposes only the latter.
fn database_error<'e, DB: SqlDatabase>(
    error: &'e (dyn Error + 'static),
) -> Option<&'e dyn DatabaseError> {
    if let Some(error) = error.downcast_ref::<sqlx::Error>() {
        return error.as_database_error().map(|error| error as _);
    }
    let boxed = error.downcast_ref::<Box<dyn DatabaseError>>();
    boxed
        .map(|error| &**error as _)
        .or_else(|| DB::database_error(error))
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
