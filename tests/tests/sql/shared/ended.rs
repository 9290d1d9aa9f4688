//! Transactions that end unexpectedly.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eventkit::{BoxError, Dispatcher, Outgoing, Policy, Registry, State, handles};
use eventkit_service::memory::Memory;
use eventkit_service::{Attempt, HandlerService, Service, ServiceBuilder};
use eventkit_sql::Tx;
use sqlx::AssertSqlSafe;
use tokio::time::sleep;
use tower::Service as _;
use tower::layer::layer_fn;

use super::Db;
use super::units::{PaymentBooked, PaymentMade, account, add, balance, count, payment};

static ENDING: Registry = Registry::new("ending");

/// A handler that ends its transaction with the statement in the state, and continues.
#[handles(registry = ENDING)]
async fn end(
    payment: &PaymentMade,
    tx: &mut Tx<Db>,
    State(statement): State<&'static str>,
) -> Result<PaymentBooked, sqlx::Error> {
    let amount = payment.amount;
    add(tx, amount).await?;
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut **tx)
        .await?;
    Ok(PaymentBooked { amount })
}

#[tokio::test]
async fn a_handler_that_ends_its_transaction_fails() {
    for statement in ["ROLLBACK", "COMMIT", "ROLLBACK; BEGIN", "COMMIT; BEGIN"] {
        if PREFIX_IS_SQLITE && statement.ends_with("BEGIN") {
            // SQLite does not identify transactions, so either the record exists or the handler
            // runs again.
            continue;
        }
        let Some((store, pool)) = account().await else {
            return;
        };
        let app = Dispatcher::new(&ENDING)
            .state(store.clone())
            .state(statement);
        let app = app.build().unwrap();
        let error = app.dispatch_async(&payment("A-1", 30)).await.unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.contains("in which the event was claimed has ended"),
            "{statement}: {error}"
        );
        assert_eq!(count(&store, "outbox").await, 0, "{statement}");
        for _ in 0..pool.options().get_max_connections() {
            let mut connection = pool.acquire().await.unwrap();
            assert!(
                !super::is_in_transaction(&mut connection).await,
                "{statement}"
            );
        }
    }
}

const PREFIX_IS_SQLITE: bool = !super::PREFIX.is_empty();

static ALWAYS: Registry = Registry::new("always");

/// A handler that writes, and fails at its first call.
#[handles(registry = ALWAYS)]
async fn fail_once(
    payment: &PaymentMade,
    tx: &mut Tx<Db>,
    State(calls): State<Arc<AtomicU32>>,
) -> Result<(), BoxError> {
    add(tx, payment.amount).await?;
    match calls.fetch_add(1, Ordering::Relaxed) {
        0 => Err("not yet".into()),
        _ => Ok(()),
    }
}

/// Handles a payment with a layer, and checks that only the second call has an effect.
async fn check_with(layered: impl FnOnce(ServiceBuilder) -> ServiceBuilder) {
    let Some((store, pool)) = account().await else {
        return;
    };
    let calls = Arc::<AtomicU32>::default();
    let app = Dispatcher::new(&ALWAYS)
        .state(store)
        .state(Arc::clone(&calls));
    let app = app.build().unwrap();
    let memory = Memory::new();
    let service = Service::new("bank", &app).transport(memory.clone()).policy(
        Policy::new()
            .attempts(3)
            .initial_delay(Duration::from_millis(1)),
    );
    let service = layered(service).build().unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    memory.publish(&payment("A-1", 30)).await.unwrap();
    handle
        .wait_for(|health| health.is_idle() && health.counters().succeeded >= 1)
        .await;
    handle.stop();
    running.await.unwrap().unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert_eq!(balance(&pool).await, 30);
}

#[tokio::test]
async fn writes_of_a_failed_call_are_not_committed_when_a_layer_retries() {
    let retrying = |inner: HandlerService| {
        tower::service_fn(move |attempt: Attempt| {
            let mut inner = inner.clone();
            async move {
                match inner.call(attempt.clone()).await {
                    Ok(()) => Ok(()),
                    Err(_) => inner.call(attempt).await,
                }
            }
        })
    };
    check_with(|service| service.layer(layer_fn(retrying))).await;
}

#[tokio::test]
async fn writes_of_a_failed_call_are_not_committed_when_a_layer_ignores_it() {
    let ignoring = |inner: HandlerService| {
        tower::service_fn(move |attempt: Attempt| {
            let mut inner = inner.clone();
            async move {
                let _ = inner.call(attempt).await;
                Ok::<_, BoxError>(())
            }
        })
    };
    check_with(|service| service.layer(layer_fn(ignoring))).await;
}

static SENDING: Registry = Registry::new("sending");

#[handles(registry = SENDING)]
async fn send(
    _: &PaymentMade,
    tx: &mut Tx<Db>,
    outgoing: Outgoing<PaymentBooked>,
) -> Result<(), BoxError> {
    add(tx, 1).await?;
    for amount in 0..5000 {
        outgoing.send(&PaymentBooked { amount })?;
    }
    Ok(())
}

#[tokio::test]
async fn thousands_of_events_are_stored_in_order() {
    let Some((store, pool)) = account().await else {
        return;
    };
    let app = Dispatcher::new(&SENDING).state(store).build().unwrap();
    app.dispatch_async(&payment("A-1", 1)).await.unwrap();
    let stored = format!(
        "SELECT event FROM {}outbox ORDER BY due, position",
        super::PREFIX
    );
    let stored = sqlx::query_scalar(AssertSqlSafe(stored))
        .fetch_all(&pool)
        .await;
    let stored: Vec<String> = stored.unwrap();
    assert_eq!(stored.len(), 5000);
    for (number, event) in stored.iter().enumerate() {
        assert!(
            event.contains(&format!("{{\"amount\":{number}}}")),
            "{number}: {event}"
        );
    }
}

static BOOKING: Registry = Registry::new("booking without events");

#[handles(registry = BOOKING)]
async fn book(payment: &PaymentMade, tx: &mut Tx<Db>) -> Result<(), sqlx::Error> {
    add(tx, payment.amount).await
}

#[tokio::test]
async fn records_are_deleted_after_the_window_without_a_relay_or_an_inbox() {
    let Some((store, _)) = account().await else {
        return;
    };
    let store = store.window(Duration::from_millis(1));
    let app = Dispatcher::new(&BOOKING)
        .state(store.clone())
        .build()
        .unwrap();
    for number in 0..20 {
        app.dispatch_async(&payment(&number.to_string(), 1))
            .await
            .unwrap();
        sleep(Duration::from_millis(3)).await;
    }
    assert!(count(&store, "inbox").await < 5);
}

/// If a pool returned a connection with an open transaction, its users would lose their writes.
#[tokio::test]
async fn a_dropped_dispatch_leaves_no_open_transaction() {
    let Some((store, pool)) = account().await else {
        return;
    };
    let app = Dispatcher::new(&BOOKING)
        .state(store.clone())
        .build()
        .unwrap();
    for polls in 1..40 {
        let event = payment(&polls.to_string(), 1);
        let mut dispatch = Box::pin(app.dispatch_async(&event));
        let mut left = polls;
        let polling = std::future::poll_fn(|context| {
            left -= 1;
            match dispatch.as_mut().poll(context) {
                std::task::Poll::Pending if left > 0 => std::task::Poll::Pending,
                _ => std::task::Poll::Ready(()),
            }
        });
        polling.await;
        drop(dispatch);
        // All connections of the pool, including the one of the dispatch.
        let mut connections = Vec::new();
        for _ in 0..pool.options().get_max_connections() {
            connections.push(pool.acquire().await.unwrap());
        }
        for connection in &mut connections {
            assert!(
                !super::is_in_transaction(connection).await,
                "after {polls} polls"
            );
        }
    }
}
