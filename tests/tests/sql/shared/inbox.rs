//! The inbox of a store.

use std::time::Duration;

use eventkit_service::{Claim, Inbox};
use sqlx::AssertSqlSafe;
use tokio::time::sleep;

use super::{PREFIX, store};
use crate::inboxes::{LEASE, MOMENT, all, an_event_is_forgotten_after_the_window, granted, key};

#[tokio::test]
async fn the_inbox_passes_the_tests_of_inboxes() {
    let Some(store) = store().await else {
        return;
    };
    all(&store.inbox()).await;
    let short = store.window(Duration::from_millis(300));
    an_event_is_forgotten_after_the_window(&short.inbox()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_one_of_many_concurrent_claims_is_granted() {
    let Some(store) = store().await else {
        return;
    };
    // Each inbox stands for a process.
    let inboxes = [store.inbox(), store.inbox(), store.inbox()];
    for round in 0..30 {
        let id = round.to_string();
        let mut asking = tokio::task::JoinSet::new();
        for inbox in inboxes.iter().cycle().take(12) {
            let (inbox, id) = (inbox.clone(), id.clone());
            asking.spawn(async move { inbox.claim(key(&id), LEASE).await.unwrap() });
        }
        let claims = asking.join_all().await;
        let granted = claims.iter();
        let granted = granted.filter(|claim| matches!(claim, Claim::Granted(_)));
        assert_eq!(granted.count(), 1, "{claims:?}");
        assert!(!claims.contains(&Claim::Completed), "{claims:?}");
    }
}

#[tokio::test]
async fn its_table_does_not_grow_without_bound() {
    let Some(store) = store().await else {
        return;
    };
    let store = store.window(Duration::from_millis(1));
    let inbox = store.inbox();
    for number in 0..300 {
        let id = number.to_string();
        inbox.claim(key(&id), Duration::ZERO).await.unwrap();
        if number % 2 == 0 {
            inbox.complete(key(&id)).await.unwrap();
        }
    }
    sleep(MOMENT).await;
    inbox.claim(key("last"), Duration::ZERO).await.unwrap();
    let count = AssertSqlSafe(format!("SELECT count(*) FROM {PREFIX}inbox"));
    let count: i64 = sqlx::query_scalar(count)
        .fetch_one(store.pool())
        .await
        .unwrap();
    assert_eq!(count, 1);
}

/// Entries that cannot be deleted take room, and are no reason to handle no events.
#[tokio::test]
async fn an_event_is_claimed_although_expired_entries_cannot_be_deleted() {
    let Some(store) = store().await else {
        return;
    };
    granted(&store.inbox(), key("kept"), Duration::ZERO).await;
    let keep = format!(
        "CREATE TABLE keeper (key BYTEA REFERENCES {PREFIX}inbox (key));
         INSERT INTO keeper SELECT key FROM {PREFIX}inbox"
    );
    let keep = sqlx::raw_sql(AssertSqlSafe(keep)).execute(store.pool());
    keep.await.unwrap();
    sleep(MOMENT).await;
    let inbox = store.window(Duration::from_millis(1)).inbox();
    for id in ["1", "2"] {
        granted(&inbox, key(id), LEASE).await;
        inbox.complete(key(id)).await.unwrap();
    }
}

#[tokio::test]
async fn missing_tables_are_an_error_of_each_call_that_says_what_creates_them() {
    let Some(store) = store().await else {
        return;
    };
    let inbox = store.inbox();
    let drop = AssertSqlSafe(format!("DROP TABLE {PREFIX}inbox"));
    sqlx::query(drop).execute(store.pool()).await.unwrap();
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..20 {
        let inbox = inbox.clone();
        asking.spawn(async move { inbox.complete(key(&number.to_string())).await });
    }
    for answer in asking.join_all().await {
        let error = answer.unwrap_err();
        assert_eq!(
            error.to_string(),
            "failed to access the inbox: eventkit's tables are missing, call `SqlStore::migrate` first"
        );
        assert!(error.source().is_some());
    }
    store.migrate().await.unwrap();
}

#[tokio::test]
async fn many_processes_can_create_the_tables_concurrently() {
    let Some(store) = store().await else {
        return;
    };
    let other = store.schema("another").unwrap();
    let mut creating = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let other = other.clone();
        creating.spawn(async move { other.migrate().await });
    }
    for created in creating.join_all().await {
        created.unwrap();
    }
    granted(&other.inbox(), key("1"), LEASE).await;
}
