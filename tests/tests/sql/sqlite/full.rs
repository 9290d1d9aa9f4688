//! A file that may not grow, as on a disk that is full.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eventkit::{Registry, handles};
use eventkit_sql::Tx;
use sqlx::Sqlite;
use sqlx::sqlite::SqlitePoolOptions;

use super::units::{PaymentBooked, PaymentMade};
use super::{full_disk, open_with, place};

static ARCHIVE: Registry = Registry::new("archive");

/// Stores a document that is larger than the pages that are left.
#[handles(registry = ARCHIVE)]
async fn archive(payment: &PaymentMade, tx: &mut Tx<Sqlite>) -> Result<PaymentBooked, sqlx::Error> {
    sqlx::query("INSERT INTO documents (content) VALUES (zeroblob(500000))")
        .execute(&mut **tx)
        .await?;
    Ok(PaymentBooked {
        amount: payment.amount,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn events_wait_while_the_disk_is_full_and_go_on_when_there_is_room() {
    let is_full = Arc::<AtomicBool>::default();
    let own = Arc::clone(&is_full);
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        .before_acquire(move |connection, _| {
            // The limit is never below the number of pages that there are.
            let limit = if own.load(Ordering::Relaxed) {
                "PRAGMA max_page_count = 1"
            } else {
                "PRAGMA max_page_count = 1000000"
            };
            Box::pin(async move {
                sqlx::query(limit).execute(connection).await?;
                Ok(true)
            })
        });
    let store = open_with(&place().unwrap(), pool).await;
    let pool = store.pool().clone();
    let table = "CREATE TABLE documents (content BLOB NOT NULL)";
    sqlx::raw_sql(table).execute(&pool).await.unwrap();
    let set_full = async |full| is_full.store(full, Ordering::Relaxed);
    full_disk::check("documents", &ARCHIVE, store, "disk is full", set_full).await;
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM documents")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(stored, 5);
}
