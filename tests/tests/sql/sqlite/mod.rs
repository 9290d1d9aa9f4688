//! The suite with SQLite.

mod batches;
mod files;
mod full;
mod locked;
mod rolled_back;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use eventkit_sql::SqlStore;
use eventkit_tests::guard::Guard;
use sqlx::SqliteConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

pub(crate) type Db = sqlx::Sqlite;
pub(crate) const PREFIX: &str = "eventkit_";

/// Returns a store with its tables in a separate file.
pub(crate) async fn store() -> Option<SqlStore<Db>> {
    Some(open(&place()?).await)
}

/// Returns the path of a new file, as [`open`] takes it.
#[expect(
    clippy::unnecessary_wraps,
    reason = "PostgreSQL, which has the same tests, may be turned off"
)]
pub(crate) fn place() -> Option<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    static FOLDER: OnceLock<(PathBuf, Guard)> = OnceLock::new();
    let (folder, _) = FOLDER.get_or_init(|| {
        let folder = env::temp_dir().join(format!("eventkit-sql-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let guard = Guard::new(r#"rm -rf "$1""#, &folder);
        (folder, guard)
    });
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    Some(folder.join(format!("{number}.db")).display().to_string())
}

/// Opens the store in a file, and creates its tables if there are none.
pub(crate) async fn open(path: &str) -> SqlStore<Db> {
    open_with(path, SqlitePoolOptions::new().max_connections(6)).await
}

async fn open_with(path: &str, pool: SqlitePoolOptions) -> SqlStore<Db> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let store = SqlStore::new(pool.connect_with(options).await.unwrap());
    store.migrate().await.unwrap();
    store
}

/// Returns whether a transaction is open in SQLite, regardless of the state of sqlx.
async fn is_in_transaction(connection: &mut SqliteConnection) -> bool {
    sqlx::raw_sql("BEGIN; ROLLBACK")
        .execute(connection)
        .await
        .is_err()
}

#[path = "../shared/delivered.rs"]
mod delivered;
#[path = "../shared/ended.rs"]
mod ended;
#[path = "../shared/full_disk.rs"]
mod full_disk;
#[path = "../shared/inbox.rs"]
mod inbox;
#[path = "../shared/killed_relays.rs"]
mod killed_relays;
#[path = "../shared/relay.rs"]
mod relay;
#[path = "../shared/units.rs"]
mod units;
