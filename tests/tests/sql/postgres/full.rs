//! A disk that is full, as triggers tell it.

use std::time::Duration;

use eventkit_sql::SqlStore;
use sqlx::{AssertSqlSafe, Executor, PgPool};
use tokio::time::sleep;

use super::relay::{Running, numbers, store_events};
use super::units::{BOOKING, account, balance};
use super::{Db, full_disk};
use crate::recorded::Recorded;

/// Creates an account, and triggers by which some statements find the disk full.
async fn account_on_disk(statements: &str) -> Option<(SqlStore<Db>, PgPool)> {
    let (store, pool) = account().await?;
    let disk = format!(
        "CREATE TABLE disk (is_full boolean NOT NULL);
        INSERT INTO disk VALUES (false);
        CREATE FUNCTION write_row() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF (SELECT is_full FROM disk) THEN
                    RAISE SQLSTATE '53100' USING MESSAGE = 'No space left on device';
                END IF;
                RETURN NEW;
            END
        $$;
        CREATE TRIGGER disk BEFORE {statements} FOR EACH ROW EXECUTE FUNCTION write_row()"
    );
    pool.execute(AssertSqlSafe(disk)).await.unwrap();
    Some((store, pool))
}

async fn set_full(pool: &PgPool, is_full: bool) {
    let update = sqlx::query("UPDATE disk SET is_full = $1").bind(is_full);
    update.execute(pool).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn events_wait_while_the_disk_is_full_and_go_on_when_there_is_room() {
    for statements in [
        "UPDATE ON account",
        "INSERT ON inbox",
        "INSERT OR UPDATE ON outbox",
    ] {
        let Some((store, pool)) = account_on_disk(statements).await else {
            return;
        };
        let set_full = async |is_full| set_full(&pool, is_full).await;
        full_disk::check(statements, &BOOKING, store, "No space left", set_full).await;
        assert_eq!(balance(&pool).await, 5, "{statements}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_cannot_mark_what_it_published_does_not_publish_it_again() {
    let Some((store, pool)) = account_on_disk("UPDATE ON outbox").await else {
        return;
    };
    store_events(&store, numbers(0..100)).await;
    set_full(&pool, true).await;
    let published = Recorded::default();
    let running = Running::start(&store, &published);
    running.until_failing().await;
    // It tries again a few times.
    sleep(Duration::from_secs(1)).await;
    let error = running.relay.health().error.unwrap();
    assert!(error.contains("No space left"), "{error}");
    set_full(&pool, false).await;
    published.until(100).await;
    running.stop().await;
    assert_eq!(published.ids(), numbers(0..100));
}
