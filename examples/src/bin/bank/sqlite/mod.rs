//! The bank with an SQLite file.

use eventkit::BoxError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool};

pub(crate) type Db = sqlx::Sqlite;

#[path = "../shared/books.rs"]
mod books;

pub(crate) async fn run() -> Result<(), BoxError> {
    let path = std::env::temp_dir().join(format!("eventkit-bank-{}.db", std::process::id()));
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePool::connect_with(options).await?;
    println!("The bank keeps its books in {}.", path.display());
    let outcome = books::open_bank(pool).await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    outcome
}
