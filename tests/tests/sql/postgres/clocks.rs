//! A database whose clock is set back.

use eventkit_sql::SqlStore;
use sqlx::{AssertSqlSafe, Executor};

use super::relay::{Running, event, numbers, store_events};
use super::units::count;
use super::{Db, store_with};
use crate::recorded::Recorded;

/// Returns a store in a schema whose clock is another one than that of PostgreSQL, and can be set.
async fn store_with_clock() -> Option<SqlStore<Db>> {
    // A function of the schema is found before the one of the same name.
    let store = store_with("%2Cpg_catalog", 6).await?;
    let schema = sqlx::query_scalar("SELECT current_schema()::text");
    let schema: String = schema.fetch_one(store.pool()).await.unwrap();
    let clock = format!(
        "CREATE TABLE clock (shift interval NOT NULL);
        INSERT INTO clock VALUES ('0');
        CREATE FUNCTION {schema}.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
            'SELECT pg_catalog.clock_timestamp() + shift FROM {schema}.clock'"
    );
    store.pool().execute(AssertSqlSafe(clock)).await.unwrap();
    Some(store)
}

async fn set_clock(store: &SqlStore<Db>, shift: &str) {
    let set = sqlx::query("UPDATE clock SET shift = $1::interval").bind(shift);
    set.execute(store.pool()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_waits_until_a_clock_that_was_set_back_says_so() {
    let Some(store) = store_with_clock().await else {
        return;
    };
    store_events(&store, ["before".to_owned()]).await;
    let mut transaction = store.begin().await.unwrap();
    let soon = std::time::Duration::from_mins(30);
    let outbox = store.outbox();
    outbox
        .send_in(&mut transaction, &event("later"), soon, None)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    set_clock(&store, "-1 hour").await;
    let published = Recorded::default();
    let running = Running::start(&store, &published);
    // The lease of a relay does not wait, nor does what is stored now.
    store_events(&store, numbers(0..3)).await;
    assert_eq!(published.until(3).await, numbers(0..3));
    set_clock(&store, "0").await;
    assert_eq!(published.until(4).await[3..], ["before"]);
    set_clock(&store, "30 minutes").await;
    assert_eq!(published.until(5).await[4..], ["later"]);
    running.stop().await;
    assert_eq!(count(&store, "outbox").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_active_goes_on_when_the_clock_is_set() {
    let Some(store) = store_with_clock().await else {
        return;
    };
    let published = Recorded::default();
    let running = [
        Running::start(&store, &published),
        Running::start(&store, &published),
    ];
    for (round, shift) in ["0", "-1 hour", "1 hour", "-2 days"]
        .into_iter()
        .enumerate()
    {
        set_clock(&store, shift).await;
        let number = u32::try_from(round).unwrap();
        store_events(&store, numbers(number..number + 1)).await;
        published.until(round + 1).await;
    }
    for running in running {
        running.stop().await;
    }
    let mut ids = published.ids();
    ids.dedup();
    assert_eq!(ids, numbers(0..4));
}
