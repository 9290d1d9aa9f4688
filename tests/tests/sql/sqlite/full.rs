//! A file that may not grow, as on a disk that is full.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eventkit::{Dispatcher, Policy, Registry, handles};
use eventkit_service::Service;
use eventkit_service::memory::Memory;
use eventkit_sql::{Relay, Tx};
use sqlx::Sqlite;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::time::timeout;

use super::units::{PaymentBooked, PaymentMade, payment};
use super::{open_with, place};
use crate::recorded::{PATIENCE, Recorded};

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
    let app = Dispatcher::new(&ARCHIVE).state(store.clone());
    let (memory, published) = (Memory::new(), Recorded::default());
    let service = Service::new("archive", &app.build().unwrap())
        .transport(memory.clone())
        .policy(Policy::new().attempts(1))
        .background(Relay::new(store, published.clone()))
        .build()
        .unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    handle.ready().await;
    is_full.store(true, Ordering::Relaxed);
    for number in 0..5 {
        let payment = payment(&number.to_string(), 1);
        memory.publish(&payment).await.unwrap();
    }
    let waiting = handle.wait_for(|health| !health.is_ready());
    let health = timeout(PATIENCE, waiting).await.unwrap().to_string();
    assert!(health.contains("disk is full"), "{health}");
    is_full.store(false, Ordering::Relaxed);
    let settled = handle.wait_for(|health| health.is_idle() && health.is_ready());
    let settled = timeout(PATIENCE, settled).await;
    let settled = settled.unwrap_or_else(|_| panic!("{}", handle.health()));
    let counters = settled.counters();
    assert_eq!(counters.succeeded, 5, "{counters:?}");
    published.until(5).await;
    handle.stop();
    running.await.unwrap().unwrap();
    assert_eq!(published.ids().len(), 5);
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM documents")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(stored, 5);
}
