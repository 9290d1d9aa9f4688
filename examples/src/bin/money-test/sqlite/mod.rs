//! A worker with SQLite.

use std::str::FromStr;
use std::time::Duration;

use eventkit::BoxError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

pub(crate) type Db = sqlx::Sqlite;

pub(crate) async fn connect(url: &str) -> Result<sqlx::Pool<Db>, BoxError> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(10));
    let pool = SqlitePoolOptions::new().max_connections(12);
    Ok(pool.connect_lazy_with(options))
}

#[path = "../shared/bank.rs"]
mod bank;

pub(crate) use bank::{create, result, work};
