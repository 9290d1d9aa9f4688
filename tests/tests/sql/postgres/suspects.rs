//! An event that kills its process, among others.

use std::process::Command;
use std::time::Duration;

use eventkit::{BoxError, CloudEvent, Dispatcher, Policy, Registry, handles};
use eventkit_nats::Nats;
use eventkit_service::{DeadLetters, Service};
use eventkit_sql::Tx;
use eventkit_tests::nats;
use serde::{Deserialize, Serialize};
use sqlx::Postgres;
use tokio::time::{sleep, timeout};

use super::{open, place};
use crate::processes::{Process, run, told};
use crate::recorded::PATIENCE;

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.stamp.ordered", source = "/bank")]
struct StampOrdered {
    #[cloudevent(id)]
    id: String,
}

static STAMPS: Registry = Registry::new("stamps");

/// Stamps each order, and kills its own process at one of them.
#[handles(registry = STAMPS)]
async fn stamp(order: &StampOrdered, tx: &mut Tx<Postgres>) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO stamps (id) VALUES ($1)")
        .bind(&order.id)
        .execute(&mut **tx)
        .await?;
    sleep(Duration::from_millis(50)).await;
    if order.id == "killer" {
        let mut kill = Command::new("kill");
        kill.args(["-KILL", &std::process::id().to_string()]);
        let _ = kill.status();
    }
    Ok(())
}

async fn connect(url: &str) -> Result<Nats, BoxError> {
    Ok(Nats::connect(url).stream("stamps").open().await?)
}

/// The process of a worker; it does nothing if no test has started it.
#[test]
fn process() {
    let Some(told) = told() else {
        return;
    };
    let (url, place) = told.split_once('\n').unwrap();
    run(async {
        let app = Dispatcher::new(&STAMPS).state(open(place).await);
        let service = Service::new("bank", &app.build().unwrap())
            .transport(connect(url).await.unwrap())
            .policy(Policy::new().attempts(2).concurrency(8))
            .ack_wait(Duration::from_secs(1));
        service.build().unwrap().run().await.unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_kills_its_process_costs_the_others_nothing() {
    const OTHERS: i64 = 40;
    let (Some(place), Some(server)) = (place(), nats::Server::start()) else {
        return;
    };
    let store = open(&place).await;
    let table = "CREATE TABLE stamps (id text NOT NULL)";
    sqlx::raw_sql(table).execute(store.pool()).await.unwrap();
    let stream = connect(&server.url()).await.unwrap();
    let told = format!("{}\n{place}", server.url());
    let mut process = Process::start(module_path!(), &told);
    for number in 0..OTHERS {
        if number == OTHERS / 2 {
            let killer = StampOrdered {
                id: "killer".to_owned(),
            };
            stream.publish(&killer).await.unwrap();
        }
        let id = number.to_string();
        stream.publish(&StampOrdered { id }).await.unwrap();
    }
    let letters = DeadLetters::new(stream, "bank");
    let settling = async {
        let mut deaths = 0;
        loop {
            if process.has_ended() {
                deaths += 1;
                process = Process::start(module_path!(), &told);
            }
            let stamped = sqlx::query_scalar("SELECT count(DISTINCT id) FROM stamps");
            let stamped: i64 = stamped.fetch_one(store.pool()).await.unwrap();
            if stamped == OTHERS && !letters.list().await.unwrap().is_empty() {
                return deaths;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let deaths = timeout(2 * PATIENCE, settling).await.unwrap();
    assert!((2..=8).contains(&deaths), "{deaths}");
    let letters = letters.list().await.unwrap();
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].event().unwrap().id(), "killer");
    let stamps = "SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE id = 'killer')
        FROM stamps";
    let stamps: (i64, i64, i64) = sqlx::query_as(stamps)
        .fetch_one(store.pool())
        .await
        .unwrap();
    assert_eq!(stamps, (OTHERS, OTHERS, 0));
}
