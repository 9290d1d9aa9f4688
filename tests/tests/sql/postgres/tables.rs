//! The tables of PostgreSQL, and pools of one connection.

use std::time::Duration;

use eventkit_service::Inbox;
use tokio::task::JoinSet;

use super::relay::{Running, event, numbers, store_events};
use super::{store, store_with};
use crate::inboxes::{LEASE, granted, key};
use crate::recorded::Recorded;

#[tokio::test]
async fn an_sql_keyword_can_be_the_name_of_a_schema() {
    let Some(store) = store().await else {
        return;
    };
    for name in ["select", "user", "table"] {
        let store = store.clone().schema(name).unwrap();
        store.migrate().await.unwrap();
        store.migrate().await.unwrap();
        let inbox = store.inbox();
        granted(&inbox, key("1"), LEASE).await;
        inbox.complete(key("1")).await.unwrap();
        let published = Recorded::default();
        let running = Running::start(&store, &published);
        store_events(&store, numbers(0..3)).await;
        assert_eq!(published.until(3).await, numbers(0..3));
        running.stop().await;
    }
}

#[tokio::test]
async fn tables_can_be_created_concurrently_with_serializable_transactions() {
    let setting = "%20-cdefault_transaction_isolation=serializable";
    let Some(store) = store_with(setting, 6).await else {
        return;
    };
    for name in ["at_once_1", "at_once_2", "at_once_3"] {
        let store = store.clone().schema(name).unwrap();
        let mut creating = JoinSet::new();
        for _ in 0..6 {
            let store = store.clone();
            creating.spawn(async move { store.migrate().await });
        }
        for created in creating.join_all().await {
            created.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_works_with_a_pool_of_one_connection() {
    let Some(store) = store_with("", 1).await else {
        return;
    };
    let published = Recorded::default();
    let running = Running::start(&store, &published);
    store_events(&store, numbers(0..3)).await;
    assert_eq!(published.until(3).await, numbers(0..3));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_due_later_are_not_read() {
    const LATER: u32 = 3000;
    let (Some(store), Some(other)) = (store().await, store().await) else {
        return;
    };
    let mut transaction = store.begin().await.unwrap();
    for number in 0..LATER {
        let (event, day) = (event(number.to_string()), Duration::from_hours(24));
        store
            .outbox()
            .send_in(&mut transaction, &event, day, None)
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    let published = Recorded::default();
    let running = Running::start(&store, &published);
    for number in 0..20 {
        store_events(&store, [number.to_string()]).await;
        published.until(number + 1).await;
    }
    running.stop().await;
    let schema = sqlx::query_scalar("SELECT current_schema()::text");
    let schema: String = schema.fetch_one(store.pool()).await.unwrap();
    // The server updates the statistics of a backend when it exits.
    store.pool().close().await;
    let read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables
        WHERE relname = 'outbox' AND schemaname = $1";
    let read = sqlx::query_scalar(read).bind(schema);
    let read: i64 = read.fetch_one(other.pool()).await.unwrap();
    assert!(read < 10 * i64::from(LATER), "{read} rows were read");
}
