//! The tables, the route and the handlers of the bank, and a day of payments.

use std::time::Duration;

use axum::Router;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::routing::post;
use eventkit::event::Event;
use eventkit::{BoxError, CloudEvent, Dispatcher, Registry, handles};
use eventkit_service::memory::Memory;
use eventkit_service::{Service, ServiceHandle};
use eventkit_sql::{Relay, SqlStore, Tx};
use serde::{Deserialize, Serialize};
use sqlx::Pool;
use tokio::net::TcpListener;

use super::Db;

/// The number of payments on that day.
const PAYMENTS: i64 = 100;

/// A payment was ordered.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.payment.ordered",
    source = "https://bank.example.com"
)]
struct PaymentOrdered {
    #[cloudevent(id)]
    id: String,
    amount: i64,
}

/// A payment was booked.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.payment.booked",
    source = "https://bank.example.com"
)]
struct PaymentBooked {
    payment: String,
    amount: i64,
}

static BANK: Registry = Registry::new("bank");

/// Books a payment and returns an event, exactly once and in one transaction.
#[handles(registry = BANK)]
async fn book(payment: &PaymentOrdered, tx: &mut Tx<Db>) -> Result<PaymentBooked, sqlx::Error> {
    sqlx::query("UPDATE accounts SET balance = balance - $1 WHERE owner = 'payer'")
        .bind(payment.amount)
        .execute(&mut **tx)
        .await?;
    sqlx::query("UPDATE accounts SET balance = balance + $1 WHERE owner = 'payee'")
        .bind(payment.amount)
        .execute(&mut **tx)
        .await?;
    Ok(PaymentBooked {
        payment: payment.id.clone(),
        amount: payment.amount,
    })
}

/// Adds a payment to the statement of account.
#[handles(registry = BANK)]
async fn write_statement(booked: &PaymentBooked, tx: &mut Tx<Db>) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO statement (payment, amount) VALUES ($1, $2)")
        .bind(&booked.payment)
        .bind(booked.amount)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Stores an order and its event in one transaction, so that neither exists without the other.
async fn order(
    Shared(store): Shared<SqlStore<Db>>,
    axum::Json(payment): axum::Json<PaymentOrdered>,
) -> Result<StatusCode, (StatusCode, String)> {
    let stored: Result<(), BoxError> = async {
        let mut transaction = store.begin().await?;
        sqlx::query("INSERT INTO orders (id) VALUES ($1)")
            .bind(&payment.id)
            .execute(&mut *transaction)
            .await?;
        store.outbox().store(&mut transaction, &payment).await?;
        transaction.commit().await?;
        Ok(())
    }
    .await;
    match stored {
        Ok(()) => Ok(StatusCode::ACCEPTED),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// Opens the bank, orders payments, and checks the balances at the end.
pub(crate) async fn open_bank(pool: Pool<Db>) -> Result<(), BoxError> {
    let store = SqlStore::new(pool.clone());
    store.migrate().await?;
    let tables = "DROP TABLE IF EXISTS accounts; DROP TABLE IF EXISTS orders;
        DROP TABLE IF EXISTS statement;
        CREATE TABLE accounts (owner text PRIMARY KEY, balance bigint NOT NULL);
        INSERT INTO accounts (owner, balance) VALUES ('payer', 10000), ('payee', 0);
        CREATE TABLE orders (id text PRIMARY KEY);
        CREATE TABLE statement (payment text NOT NULL, amount bigint NOT NULL);";
    sqlx::raw_sql(tables).execute(&pool).await?;

    // The broker does not remove duplicates.
    let broker = Memory::builder().dedup_capacity(0).build();
    let app = Dispatcher::new(&BANK).state(store.clone()).build()?;
    let service = Service::new("bank", &app)
        .transport(broker.clone())
        .background(Relay::new(store.clone(), broker.clone()))
        .build()?;
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    handle.ready().await;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/payments", post(order))
        .with_state(store);
    let server = tokio::spawn(axum::serve(listener, router).into_future());

    // An id of this run, so that another run can order the same payments.
    let run = Event::builder()
        .source("/")
        .ty("run")
        .build()?
        .id()
        .to_owned();
    let client = reqwest::Client::new();
    for number in 1..=PAYMENTS {
        let payment = PaymentOrdered {
            id: format!("{run}-{number}"),
            amount: number % 10 + 1,
        };
        let ordered = client
            .post(format!("http://{address}/payments"))
            .header("content-type", "application/json")
            .body(serde_json::to_vec(&payment)?);
        ordered.send().await?.error_for_status()?;
        // Like a sender that got no acknowledgement.
        broker.publish(&payment).await?;
    }
    until_written(&pool).await?;
    server.abort();
    handle.stop();
    running.await??;
    compare(&pool, &handle).await
}

/// Waits until the statement contains every payment.
async fn until_written(pool: &Pool<Db>) -> Result<(), BoxError> {
    let count = "SELECT count(*) FROM statement";
    while sqlx::query_scalar::<_, i64>(count).fetch_one(pool).await? < PAYMENTS {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn compare(pool: &Pool<Db>, handle: &ServiceHandle) -> Result<(), BoxError> {
    let sum = |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(pool);
    let paid = sum("SELECT balance FROM accounts WHERE owner = 'payee'").await?;
    let left = sum("SELECT balance FROM accounts WHERE owner = 'payer'").await?;
    let written = sum("SELECT CAST(sum(amount) AS bigint) FROM statement").await?;
    let counters = handle.health().counters();
    println!(
        "{PAYMENTS} payments were ordered, and their events delivered {} times.",
        counters.received
    );
    println!("payer {left}, payee {paid}, statement {written}");
    if paid == written && paid + left == 10_000 {
        println!("The sums agree.");
        return Ok(());
    }
    Err("the sums do not agree".into())
}
