//! The suite with SQLite.

mod batches;
mod files;
mod rolled_back;

use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use eventkit_sql::SqlStore;
use sqlx::SqliteConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

pub(crate) type Db = sqlx::Sqlite;
pub(crate) const PREFIX: &str = "eventkit_";

/// Returns a store with its tables in a separate file.
pub(crate) async fn store() -> Option<SqlStore<Db>> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!("eventkit-sql-{}-{number}.db", process::id()));
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", path.display()));
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePoolOptions::new().max_connections(6);
    let store = SqlStore::new(pool.connect_with(options).await.unwrap());
    store.migrate().await.unwrap();
    Some(store)
}

/// Returns whether a transaction is open in SQLite, regardless of the state of sqlx.
async fn is_in_transaction(connection: &mut SqliteConnection) -> bool {
    sqlx::raw_sql("BEGIN; ROLLBACK")
        .execute(connection)
        .await
        .is_err()
}

#[path = "../shared/ended.rs"]
mod ended;
#[path = "../shared/inbox.rs"]
mod inbox;
#[path = "../shared/relay.rs"]
mod relay;
#[path = "../shared/units.rs"]
mod units;
