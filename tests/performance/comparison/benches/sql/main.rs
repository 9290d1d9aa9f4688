//! Handlers with a `Tx` and the relay, compared with plain sqlx: `cargo bench --bench sql`.
//!
//! Both sides run the same statements on one connection to the same PostgreSQL: they claim the
//! event, write the row of the handler, store the outgoing event, and commit. The relay is compared
//! with a loop that reads a row, publishes its event, and marks the row. The publisher takes no
//! time. The rounds alternate. Then the lag of the relay is measured, with that publisher and with
//! NATS.

mod lag;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventkit::format::{Format, Json};
use eventkit::transport::{BoxFuture, Published, Publisher, RawMessage, TransportError};
use eventkit::{BoxError, CloudEvent, Dispatcher, Event, Registry, handles};
use eventkit_sql::{Relay, SqlStore, Tx};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Postgres, Row};

const EVENTS: usize = 1_000;
const ROUNDS: usize = 9;

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    #[cloudevent(id)]
    id: String,
    total_cents: i64,
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.charged", source = "/shop/orders")]
struct OrderCharged {
    order: String,
}

static BILLING: Registry = Registry::new("billing");

#[handles(registry = BILLING)]
async fn charge(order: &OrderPlaced, tx: &mut Tx<Postgres>) -> Result<OrderCharged, sqlx::Error> {
    sqlx::query("INSERT INTO charges (id, amount) VALUES ($1, $2)")
        .bind(&order.id)
        .bind(order.total_cents)
        .execute(&mut **tx)
        .await?;
    Ok(OrderCharged {
        order: order.id.clone(),
    })
}

const CLAIM: &str = "INSERT INTO eventkit.inbox AS inbox (key, source, id, subscription, completed_at)
    SELECT $1, $2, $3, $4, (extract(epoch FROM clock_timestamp()) * 1000)::bigint
    WHERE pg_try_advisory_xact_lock($5)
    ON CONFLICT (key) DO UPDATE SET completed_at = excluded.completed_at
        WHERE inbox.completed_at IS NULL
    RETURNING 1";
const STORE: &str = "INSERT INTO eventkit.outbox (event, due)
    VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)";

/// Does the work of a handler with a `Tx` in plain sqlx.
async fn charge_by_hand(pool: &PgPool, event: &Event) -> Result<(), BoxError> {
    let order = OrderPlaced::try_from(event)?;
    let mut transaction = pool.begin().await?;
    let claim = sqlx::query(CLAIM)
        .bind(event.id().as_bytes())
        .bind(event.source())
        .bind(event.id())
        .bind("by hand")
        .bind(order.total_cents)
        .fetch_optional(&mut *transaction)
        .await?;
    if claim.is_none() {
        return Ok(());
    }
    sqlx::query("INSERT INTO charges (id, amount) VALUES ($1, $2)")
        .bind(&order.id)
        .bind(order.total_cents)
        .execute(&mut *transaction)
        .await?;
    let charged = OrderCharged { order: order.id };
    let json = Json.encode(&charged.to_event()?)?;
    sqlx::query(STORE)
        .bind(std::str::from_utf8(&json)?)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("SELECT 1").execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// A publisher that counts its events.
#[derive(Debug, Clone, Default)]
struct Counted(Arc<AtomicUsize>);

impl Publisher for Counted {
    fn publish_event<'a>(
        &'a self,
        _: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(Published::default()) })
    }

    fn publish_raw<'a>(
        &'a self,
        _: &'a str,
        _: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async { Ok(Published::default()) })
    }
}

fn orders(round: usize, side: &str) -> Vec<Event> {
    let order = |number| OrderPlaced {
        id: format!("{side}-{round}-{number}"),
        total_cents: number,
    };
    let count = i64::try_from(EVENTS).unwrap_or(i64::MAX);
    (0..count).filter_map(|number| order(number).to_event().ok()).collect()
}

async fn publish_by_hand(pool: &PgPool, publisher: &Counted) -> Result<(), BoxError> {
    loop {
        let rows = sqlx::query(
            "SELECT position, event FROM eventkit.outbox WHERE published_at IS NULL
             ORDER BY due, position LIMIT 64",
        )
        .fetch_all(pool)
        .await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut transaction = pool.begin().await?;
        for row in rows {
            let event = Json.decode(row.try_get::<String, _>(1)?.into())?;
            publisher.publish_event(&event).await?;
            sqlx::query("UPDATE eventkit.outbox SET published_at = 1 WHERE position = $1")
                .bind(row.try_get::<i64, _>(0)?)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let Some(server) = eventkit_tests::postgres::Server::start() else {
        println!("PostgreSQL is not available");
        return Ok(());
    };
    let pool = PgPoolOptions::new().max_connections(12).connect(&server.url()).await?;
    sqlx::raw_sql("CREATE TABLE charges (id text, amount bigint)").execute(&pool).await?;
    let store = SqlStore::new(pool.clone());
    store.migrate().await?;
    let app = Dispatcher::new(&BILLING).state(store.clone()).build()?;

    let (mut with_tx, mut by_hand) = (Vec::new(), Vec::new());
    let (mut relayed, mut looped) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let events = orders(round, "hand");
        let start = Instant::now();
        for event in &events {
            charge_by_hand(&pool, event).await?;
        }
        by_hand.push(rate(start));
        let start = Instant::now();
        publish_by_hand(&pool, &Counted::default()).await?;
        looped.push(rate(start));

        let events = orders(round, "tx");
        let start = Instant::now();
        for event in &events {
            app.dispatch_async(event).await?;
        }
        with_tx.push(rate(start));
        let publisher = Counted::default();
        let relay = Relay::new(store.clone(), publisher.clone());
        let start = Instant::now();
        relay
            .run_until(async {
                while publisher.0.load(Ordering::Relaxed) < EVENTS {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            })
            .await;
        relayed.push(rate(start));
    }
    print("handler with Tx", &with_tx, "sqlx by hand", &by_hand);
    print("relay", &relayed, "loop by hand", &looped);

    let own_pool = PgPoolOptions::new().max_connections(4).connect(&server.url()).await?;
    let relaying = SqlStore::new(own_pool).schema("lag")?;
    let lagging = store.schema("lag")?;
    lagging.migrate().await?;
    lag::measure("no broker", &lagging, relaying.clone(), Counted::default()).await?;
    let Some(nats_server) = eventkit_tests::nats::Server::start() else {
        println!("there is no NATS");
        return Ok(());
    };
    let nats = eventkit_nats::Nats::connect(nats_server.url()).stream("orders").open().await?;
    let relaying = relaying.schema("lag_on_nats")?;
    let lagging = lagging.schema("lag_on_nats")?;
    lagging.migrate().await?;
    lag::measure("NATS", &lagging, relaying, nats).await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn rate(start: Instant) -> f64 {
    EVENTS as f64 / start.elapsed().as_secs_f64()
}

fn print(own: &str, ours: &[f64], peer: &str, theirs: &[f64]) {
    let ratios = theirs.iter().zip(ours).map(|(theirs, ours)| theirs / ours);
    let mut ratios: Vec<f64> = ratios.collect();
    let (mut ours, mut theirs) = (ours.to_vec(), theirs.to_vec());
    for values in [&mut ours, &mut theirs, &mut ratios] {
        values.sort_by(f64::total_cmp);
    }
    let middle = ROUNDS / 2;
    println!(
        "{peer} {:.0}/s; {own} {:.0}/s, {:.2} of its time ({:.2} to {:.2})",
        theirs[middle],
        ours[middle],
        ratios[middle],
        ratios[0],
        ratios[ROUNDS - 1],
    );
}
