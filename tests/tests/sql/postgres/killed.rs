//! A server that is killed while handlers run.

use std::time::Duration;

use eventkit::{CloudEvent, Dispatcher, Policy, Registry, handles};
use eventkit_service::Service;
use eventkit_service::memory::Memory;
use eventkit_sql::{SqlStore, Tx};
use eventkit_tests::postgres::Server;
use serde::{Deserialize, Serialize};
use sqlx::Postgres;
use sqlx::postgres::PgPoolOptions;

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.counted", source = "/bank")]
struct Counted {
    #[cloudevent(id)]
    id: String,
}

static COUNTING: Registry = Registry::new("counting");

#[handles(registry = COUNTING)]
async fn count(_counted: &Counted, tx: &mut Tx<Postgres>) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE counter SET value = value + 1")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_server_neither_loses_nor_repeats_an_event() {
    const EVENTS: u32 = 400;
    let Some(mut server) = Server::start() else {
        return;
    };
    let options = PgPoolOptions::new().acquire_timeout(Duration::from_secs(2));
    let pool = options.connect(&server.url()).await.unwrap();
    let table = "CREATE TABLE counter (value bigint); INSERT INTO counter VALUES (0)";
    sqlx::raw_sql(table).execute(&pool).await.unwrap();
    let store = SqlStore::new(pool.clone());
    store.migrate().await.unwrap();
    let app = Dispatcher::new(&COUNTING).state(store).build().unwrap();
    let memory = Memory::new();
    let service = Service::new("bank", &app)
        .transport(memory.clone())
        .policy(Policy::new().attempts(1).concurrency(4))
        .build()
        .unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    for number in 0..EVENTS {
        let id = number.to_string();
        memory.publish(&Counted { id }).await.unwrap();
    }
    for round in 1..=2 {
        let some = u64::from(EVENTS) / 4 * round;
        handle
            .wait_for(|health| health.counters().succeeded >= some)
            .await;
        server.kill();
        handle.wait_for(|health| !health.is_ready()).await;
        server.restart();
    }
    let all = u64::from(EVENTS);
    let done = |counters: eventkit_service::Counters| counters.succeeded + counters.duplicates;
    handle
        .wait_for(|health| done(health.counters()) >= all && health.is_idle())
        .await;
    let value: i64 = sqlx::query_scalar("SELECT value FROM counter")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(value, i64::from(EVENTS));
    handle.stop();
    running.await.unwrap().unwrap();
}
