//! A user who may do nothing but what the guide lists.

use eventkit::Dispatcher;
use eventkit_service::Inbox;
use eventkit_sql::SqlStore;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgPool};

use super::relay::{Running, numbers, store_events};
use super::units::{BOOKING, count, payment};
use super::{Db, open, place};
use crate::inboxes::{LEASE, granted, key};
use crate::recorded::Recorded;

/// Creates a user without rights, and returns its pool with the name of the schema.
async fn user(name: &str) -> Option<(PgPool, SqlStore<Db>, String)> {
    let place = place()?;
    let (_, schema) = place.split_once("search_path=")?;
    let store = open(&place).await;
    let create = format!(
        "CREATE ROLE {name} LOGIN;
        REVOKE CREATE ON DATABASE postgres FROM PUBLIC;
        REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    );
    store.pool().execute(AssertSqlSafe(create)).await.unwrap();
    let options: PgConnectOptions = place.parse().unwrap();
    let pool = PgPoolOptions::new().connect_with(options.username(name));
    Some((pool.await.unwrap(), store, schema.to_owned()))
}

async fn grant(owner: &SqlStore<Db>, rights: String) {
    owner.pool().execute(AssertSqlSafe(rights)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_only_read_and_write_rows_can_do_everything() {
    let Some((pool, owner, schema)) = user("clerk").await else {
        return;
    };
    let account = "CREATE TABLE account (balance bigint); INSERT INTO account VALUES (0)";
    owner.pool().execute(account).await.unwrap();
    grant(
        &owner,
        format!("GRANT SELECT, UPDATE ON {schema}.account TO clerk"),
    )
    .await;
    // As the guide lists them.
    let rights = format!(
        "GRANT USAGE ON SCHEMA {schema} TO clerk;
        GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.inbox, {schema}.outbox TO clerk;
        GRANT SELECT, INSERT, UPDATE ON {schema}.relay TO clerk;
        GRANT SELECT ON {schema}.migrations TO clerk"
    );
    grant(&owner, rights).await;
    let store = SqlStore::new(pool.clone()).schema(&schema).unwrap();
    store.migrate().await.unwrap();
    let app = Dispatcher::new(&BOOKING).state(store.clone());
    let app = app.build().unwrap();
    for _ in 0..2 {
        app.dispatch_async(&payment("A-1", 30)).await.unwrap();
    }
    assert_eq!(count(&store, "outbox").await, 1);
    let inbox = store.inbox();
    let token = granted(&inbox, key("1"), LEASE).await;
    inbox.release(key("1"), token).await.unwrap();
    granted(&inbox, key("1"), LEASE).await;
    inbox.complete(key("1")).await.unwrap();
    let published = Recorded::default();
    let running = Running::start(&store, &published);
    store_events(&store, numbers(0..3)).await;
    assert_eq!(published.until(4).await[1..], numbers(0..3));
    assert_eq!(running.relay.health().error, None);
    running.stop().await;
}

#[tokio::test]
async fn a_user_who_may_insert_into_the_outbox_can_store_events() {
    let Some((pool, owner, schema)) = user("waiter").await else {
        return;
    };
    let rights = format!(
        "GRANT USAGE ON SCHEMA {schema} TO waiter; GRANT INSERT ON {schema}.outbox TO waiter"
    );
    grant(&owner, rights).await;
    let store = SqlStore::new(pool).schema(&schema).unwrap();
    store_events(&store, numbers(0..3)).await;
    assert_eq!(count(&owner, "outbox").await, 3);
}

#[tokio::test]
async fn rights_that_are_missing_are_named() {
    let Some((pool, owner, schema)) = user("guest").await else {
        return;
    };
    let migrate = async |schema: &str| {
        let store = SqlStore::new(pool.clone()).schema(schema).unwrap();
        store.migrate().await.map_err(|error| error.to_string())
    };
    let lacks = |rights: &str| Err(format!("the database user `guest` lacks rights: {rights}"));
    let nowhere = migrate("nowhere").await;
    assert_eq!(nowhere, lacks("CREATE on the database postgres"));
    grant(&owner, "CREATE SCHEMA empty".to_owned()).await;
    let rights = "USAGE on the schema empty, CREATE on the schema empty";
    assert_eq!(migrate("empty").await, lacks(rights));
    let rights = format!(
        "GRANT USAGE ON SCHEMA {schema} TO guest;
        GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO guest;
        GRANT INSERT, UPDATE ON {schema}.inbox, {schema}.outbox, {schema}.relay TO guest"
    );
    grant(&owner, rights).await;
    let rights = format!("DELETE on the table {schema}.inbox, DELETE on the table {schema}.outbox");
    assert_eq!(migrate(&schema).await, lacks(&rights));
    let rights = format!("GRANT DELETE ON {schema}.inbox, {schema}.outbox TO guest");
    grant(&owner, rights).await;
    assert_eq!(migrate(&schema).await, Ok(()));
    grant(&owner, "DROP SCHEMA empty".to_owned()).await;
}
