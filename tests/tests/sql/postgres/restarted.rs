//! Scheduled events that are due while the process and the server are restarted.

use std::future::pending;
use std::time::Duration;

use eventkit::transport::TransportError;
use eventkit::{CloudEvent, Dispatcher, Event, Registry, handles};
use eventkit_sql::{Relay, Tx};
use eventkit_tests::postgres::Server;
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, Postgres};
use tokio::time::{sleep, timeout};

use super::{open, place_in};
use crate::processes::{Process, run, told};
use crate::recorded::{Calling, PATIENCE};

const EVENTS: i32 = 1000;

/// The time between one event and the next.
const STEP: Duration = Duration::from_millis(10);

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.reminder.due", source = "/calendar")]
struct ReminderDue {
    #[cloudevent(id)]
    id: String,
}

static CALENDAR: Registry = Registry::new("calendar");

#[handles(registry = CALENDAR)]
async fn remind(reminder: &ReminderDue, tx: &mut Tx<Postgres>) -> Result<(), sqlx::Error> {
    let insert = "INSERT INTO reminded (id, at)
        VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)";
    sqlx::query(insert)
        .bind(&reminder.id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The process of a relay and of the handler; it does nothing if no test has started it.
#[test]
fn process() {
    let Some(place) = told() else {
        return;
    };
    run(async {
        let store = open(&place).await;
        let app = Dispatcher::new(&CALENDAR).state(store.clone());
        let app = app.build().unwrap();
        // Takes the place of a broker, and confirms an event once it is handled.
        let handling = Calling(move |event: Event| {
            let app = app.clone();
            async move {
                let handled = app.dispatch_async(&event).await;
                let handled = handled.map(drop);
                handled.map_err(|error| TransportError::unavailable(error.to_string()))
            }
        });
        Relay::new(store, handling).run_until(pending()).await;
    });
}

async fn until_reminded(pool: &PgPool, count: i64) {
    let waiting = async {
        let reminded = || sqlx::query_scalar("SELECT count(DISTINCT id) FROM reminded");
        while reminded().fetch_one(pool).await.unwrap_or(0_i64) < count {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(2 * PATIENCE, waiting).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_events_that_are_due_across_restarts_are_handled_once_and_not_early() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let place = place_in(&server, "calendar");
    let store = open(&place).await;
    let pool = store.pool();
    let table = "CREATE TABLE reminded (id text, at bigint)";
    sqlx::raw_sql(table).execute(pool).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    for number in 0..EVENTS {
        let reminder = ReminderDue {
            id: number.to_string(),
        };
        let delay = STEP * number.unsigned_abs();
        let outbox = store.outbox();
        let sent = outbox.send_in(&mut transaction, &reminder, delay, None);
        sent.await.unwrap();
    }
    transaction.commit().await.unwrap();

    let mut process = Process::start(module_path!(), &place);
    until_reminded(pool, 100).await;
    process.kill();
    server.kill();
    server.restart();
    process = Process::start(module_path!(), &place);
    until_reminded(pool, 200).await;
    // The process outlives the server this time.
    server.kill();
    server.restart();
    until_reminded(pool, EVENTS.into()).await;
    drop(process);

    let reminded = "SELECT count(*), count(DISTINCT id) FROM reminded";
    let reminded: (i64, i64) = sqlx::query_as(reminded).fetch_one(pool).await.unwrap();
    assert_eq!(reminded, (EVENTS.into(), EVENTS.into()));
    let early = "SELECT count(*) FROM reminded
        JOIN outbox ON outbox.event::json ->> 'id' = reminded.id WHERE at < due";
    let early: i64 = sqlx::query_scalar(early).fetch_one(pool).await.unwrap();
    assert_eq!(early, 0);
    let matched = "SELECT count(*) FROM reminded
        JOIN outbox ON outbox.event::json ->> 'id' = reminded.id WHERE published_at IS NOT NULL";
    let published = async {
        let count = || sqlx::query_scalar::<_, i64>(matched).fetch_one(pool);
        count().await.unwrap()
    };
    assert!(published.await > 0, "the join finds the events");
}
