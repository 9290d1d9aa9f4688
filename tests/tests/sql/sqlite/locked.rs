//! A relay whose database is locked by another program.

use std::time::Duration;

use sqlx::Executor;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::time::sleep;

use super::relay::{Running, numbers, store_events};
use super::{open_with, place};
use crate::recorded::Recorded;

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_stopped_before_it_retries_publishes_what_is_due() {
    let path = place().unwrap();
    let pool = SqlitePoolOptions::new().after_connect(|connection, _| {
        Box::pin(async move {
            connection.execute("PRAGMA busy_timeout = 1").await?;
            Ok(())
        })
    });
    let store = open_with(&path, pool).await;
    store_events(&store, numbers(0..10)).await;
    let lock = store.begin().await.unwrap();
    let published = Recorded::default();
    let running = Running::start(&store, &published);
    running.until_failing().await;
    // Some retries later, the next one is far off.
    sleep(Duration::from_millis(800)).await;
    assert!(published.ids().is_empty());
    lock.rollback().await.unwrap();
    running.stop().await;
    assert_eq!(published.ids(), numbers(0..10));
}
