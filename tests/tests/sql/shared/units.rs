//! Handlers with a `Tx`, in a dispatch and in a service.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eventkit::{BoxError, CloudEvent, Dispatcher, Outgoing, Policy, Registry, State, handles};
use eventkit_service::Service;
use eventkit_service::memory::Memory;
use eventkit_sql::{Relay, SqlStore, Tx};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Pool};

use super::{Db, PREFIX, store};
use crate::recorded::Recorded;

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.payment.made", source = "/bank")]
pub(super) struct PaymentMade {
    #[cloudevent(id)]
    pub(super) id: String,
    pub(super) amount: i64,
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.payment.booked", source = "/bank")]
pub(super) struct PaymentBooked {
    pub(super) amount: i64,
}

pub(super) fn payment(id: &str, amount: i64) -> PaymentMade {
    let id = id.to_owned();
    PaymentMade { id, amount }
}

/// Creates an account with a balance of 0.
pub(super) async fn account() -> Option<(SqlStore<Db>, Pool<Db>)> {
    let store = store().await?;
    let pool = store.pool().clone();
    let table = "CREATE TABLE account (balance bigint NOT NULL CHECK (balance < 1000000));
        INSERT INTO account VALUES (0)";
    sqlx::raw_sql(table).execute(&pool).await.unwrap();
    Some((store, pool))
}

pub(super) async fn balance(pool: &Pool<Db>) -> i64 {
    let balance = sqlx::query_scalar("SELECT CAST(balance AS bigint) FROM account");
    balance.fetch_one(pool).await.unwrap()
}

/// Returns the number of rows in a table of eventkit.
pub(super) async fn count(store: &SqlStore<Db>, table: &str) -> i64 {
    let count = AssertSqlSafe(format!("SELECT count(*) FROM {PREFIX}{table}"));
    sqlx::query_scalar(count)
        .fetch_one(store.pool())
        .await
        .unwrap()
}

pub(super) async fn add(tx: &mut Tx<Db>, amount: i64) -> Result<(), sqlx::Error> {
    let add = sqlx::query("UPDATE account SET balance = balance + $1").bind(amount);
    add.execute(&mut **tx).await?;
    Ok(())
}

pub(super) static BOOKING: Registry = Registry::new("booking");

#[handles(registry = BOOKING)]
async fn book(payment: &PaymentMade, tx: &mut Tx<Db>) -> Result<PaymentBooked, sqlx::Error> {
    let amount = payment.amount;
    add(tx, amount).await?;
    Ok(PaymentBooked { amount })
}

#[tokio::test]
async fn an_event_has_its_effect_once_however_often_it_is_dispatched() {
    let Some((store, pool)) = account().await else {
        return;
    };
    let app = Dispatcher::new(&BOOKING)
        .state(store.clone())
        .build()
        .unwrap();
    for _ in 0..3 {
        let report = app.dispatch_async(&payment("A-1", 30)).await.unwrap();
        // They are in the outbox instead.
        assert!(report.events().is_empty());
    }
    app.dispatch_async(&payment("A-2", 5)).await.unwrap();
    assert_eq!(balance(&pool).await, 35);
    assert_eq!(count(&store, "outbox").await, 2);
}

static FAILING: Registry = Registry::new("failing");

#[handles(registry = FAILING)]
async fn fail(
    payment: &PaymentMade,
    tx: &mut Tx<Db>,
    outgoing: Outgoing<PaymentBooked>,
    State(calls): State<Arc<AtomicU32>>,
) -> Result<(), BoxError> {
    add(tx, payment.amount).await?;
    outgoing.send(&PaymentBooked { amount: 1 })?;
    match calls.fetch_add(1, Ordering::Relaxed) {
        0 => Err("not yet".into()),
        1 => panic!("not yet either"),
        _ => Ok(()),
    }
}

#[tokio::test]
async fn a_failed_handler_has_no_effect() {
    let Some((store, pool)) = account().await else {
        return;
    };
    let calls = Arc::new(AtomicU32::new(0));
    let app = Dispatcher::new(&FAILING).state(store.clone());
    let app = app.state(Arc::clone(&calls)).build().unwrap();
    for _ in 0..2 {
        app.dispatch_async(&payment("A-1", 30)).await.unwrap_err();
        assert_eq!(balance(&pool).await, 0);
        assert_eq!(count(&store, "inbox").await, 0);
        assert_eq!(count(&store, "outbox").await, 0);
    }
    app.dispatch_async(&payment("A-1", 30)).await.unwrap();
    app.dispatch_async(&payment("A-1", 30)).await.unwrap();
    assert_eq!(balance(&pool).await, 30);
    assert_eq!(count(&store, "outbox").await, 1);
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

static CARELESS: Registry = Registry::new("careless");

/// A handler that continues after a failed statement.
#[handles(registry = CARELESS)]
async fn ignore_an_error(payment: &PaymentMade, tx: &mut Tx<Db>) {
    let _ = add(tx, payment.amount).await;
    let _ = add(tx, 2_000_000).await;
}

#[tokio::test]
async fn a_handler_that_ignores_an_error_is_not_recorded_as_successful() {
    let Some((store, pool)) = account().await else {
        return;
    };
    let app = Dispatcher::new(&CARELESS)
        .state(store.clone())
        .build()
        .unwrap();
    let outcome = app.dispatch_async(&payment("A-1", 30)).await;
    // A failed statement aborts the transaction in PostgreSQL, and has no effect in SQLite.
    assert_eq!(outcome.is_ok(), balance(&pool).await == 30);
    assert_eq!(outcome.is_ok(), count(&store, "inbox").await == 1);
}

static TWICE: Registry = Registry::new("twice");

#[handles(registry = TWICE)]
async fn take_two(
    _: &PaymentMade,
    first: &mut Tx<Db>,
    _second: &mut Tx<Db>,
) -> Result<(), sqlx::Error> {
    add(first, 1).await
}

#[tokio::test]
async fn a_handler_with_two_transactions_is_an_error_of_building_the_dispatcher() {
    let Some(store) = store().await else {
        return;
    };
    let error = Dispatcher::new(&TWICE)
        .state(store)
        .build()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("only one unit of work") && error.contains("take_two"),
        "{error}"
    );
}

#[test]
fn a_handler_with_a_tx_requires_the_store_as_state() {
    let error = Dispatcher::new(&BOOKING).build().unwrap_err();
    assert!(error.to_string().contains("SqlStore<"), "{error}");
}

static CONTENDED: Registry = Registry::new("contended");

#[handles(registry = CONTENDED)]
async fn book_slowly(payment: &PaymentMade, tx: &mut Tx<Db>) -> Result<PaymentBooked, sqlx::Error> {
    add(tx, payment.amount).await?;
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(PaymentBooked {
        amount: payment.amount,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_services_with_the_same_events_have_their_effects_once() {
    let Some((store, pool)) = account().await else {
        return;
    };
    let app = Dispatcher::new(&CONTENDED)
        .state(store.clone())
        .build()
        .unwrap();
    let booked = Recorded::default();
    let mut services = Vec::new();
    for _ in 0..2 {
        let memory = Memory::new();
        let service = Service::new("bank", &app)
            .transport(memory.clone())
            .policy(Policy::new().concurrency(4))
            .background(Relay::new(store.clone(), booked.clone()))
            .build()
            .unwrap();
        let handle = service.handle();
        let running = tokio::spawn(service.run_until(std::future::pending()));
        services.push((memory, handle, running));
    }
    for number in 0..20 {
        for (memory, ..) in &services {
            memory
                .publish(&payment(&number.to_string(), 1))
                .await
                .unwrap();
        }
    }
    for (_, handle, _) in &services {
        handle
            .wait_for(|health| health.is_idle() && health.counters().received >= 20)
            .await;
    }
    assert_eq!(balance(&pool).await, 20);
    booked.until(20).await;
    for (_, handle, running) in services {
        handle.stop();
        running.await.unwrap().unwrap();
    }
    assert_eq!(count(&store, "inbox").await, 20);
    assert_eq!(booked.ids().len(), 20);
}

/// An error of a handler whose source is the source of the sqlx error, and not the sqlx error
/// itself.
#[derive(Debug)]
struct LockError(sqlx::Error);

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for LockError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<sqlx::Error> for LockError {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

static DEADLOCKING: Registry = Registry::new("deadlocking");

#[handles(registry = DEADLOCKING)]
async fn lock_both(
    payment: &PaymentMade,
    tx: &mut Tx<Db>,
    State(calls): State<Arc<AtomicU32>>,
) -> Result<(), LockError> {
    calls.fetch_add(1, Ordering::Relaxed);
    for (step, pause) in [(0, 60), (1, 0)] {
        let row = (payment.amount + step) % 2;
        sqlx::query("UPDATE pair SET value = value + 1 WHERE id = $1")
            .bind(row)
            .execute(&mut **tx)
            .await?;
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_does_not_count_as_an_attempt() {
    let Some((store, pool)) = account().await else {
        return;
    };
    let table = "CREATE TABLE pair (id bigint PRIMARY KEY, value bigint);
        INSERT INTO pair VALUES (0, 0), (1, 0)";
    sqlx::raw_sql(table).execute(&pool).await.unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let app = Dispatcher::new(&DEADLOCKING).state(store).state(calls);
    let app = app.build().unwrap();
    let memory = Memory::new();
    let service = Service::new("bank", &app)
        .transport(memory.clone())
        .policy(Policy::new().attempts(1).concurrency(4))
        .build()
        .unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    for number in 0..12 {
        memory
            .publish(&payment(&number.to_string(), number))
            .await
            .unwrap();
    }
    let health = handle
        .wait_for(|health| health.is_idle() && health.counters().received >= 12)
        .await;
    assert_eq!(health.counters().succeeded, 12, "{:?}", health.counters());
    let sum = "SELECT CAST(sum(value) AS bigint) FROM pair";
    let sum: i64 = sqlx::query_scalar(sum).fetch_one(&pool).await.unwrap();
    assert_eq!(sum, 24);
    handle.stop();
    running.await.unwrap().unwrap();
}
