//! Conflicts between transactions.

use eventkit::{Dispatcher, Failure, Policy, Registry, handles};
use eventkit_service::memory::Memory;
use eventkit_service::{Claim, Inbox, Service};
use eventkit_sql::Tx;
use sqlx::{Executor, Postgres};
use tokio::task::JoinSet;

use super::store_with;
use super::units::{PaymentMade, account, add, payment};
use crate::inboxes::{LEASE, key};

const SERIALIZABLE: &str = "%20-cdefault_transaction_isolation=serializable";

static SERIAL: Registry = Registry::new("serial");

#[handles(registry = SERIAL)]
async fn book(payment: &PaymentMade, tx: &mut Tx<Postgres>) -> Result<(), sqlx::Error> {
    add(tx, payment.amount).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn units_of_work_with_one_event_succeed_if_transactions_are_serializable() {
    let Some(store) = store_with(SERIALIZABLE, 6).await else {
        return;
    };
    let table = "CREATE TABLE account (balance bigint NOT NULL); INSERT INTO account VALUES (0)";
    store.pool().execute(table).await.unwrap();
    let app = Dispatcher::new(&SERIAL)
        .state(store.clone())
        .build()
        .unwrap();
    for number in 0..30 {
        let mut handling = JoinSet::new();
        for _ in 0..6 {
            let app = app.clone();
            handling.spawn(async move {
                let event = payment(&number.to_string(), 1);
                app.dispatch_async(&event)
                    .await
                    .map(drop)
                    .map_err(|error| format!("{error:#}"))
            });
        }
        for outcome in handling.join_all().await {
            let in_progress = Failure::InProgress.to_string();
            assert!(
                outcome.as_ref().is_ok_and(|()| true)
                    || outcome
                        .as_ref()
                        .is_err_and(|error| error.contains(&in_progress)),
                "{outcome:?}"
            );
        }
    }
    let balance: i64 = sqlx::query_scalar("SELECT balance FROM account")
        .fetch_one(store.pool())
        .await
        .unwrap();
    assert_eq!(balance, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_of_one_event_succeed_if_transactions_are_serializable() {
    let Some(store) = store_with(SERIALIZABLE, 6).await else {
        return;
    };
    for number in 0..50 {
        let mut asking = JoinSet::new();
        for _ in 0..6 {
            let inbox = store.inbox();
            asking
                .spawn(async move { inbox.claim(key(&number.to_string()), LEASE).await.unwrap() });
        }
        let claims = asking.join_all().await;
        let granted = claims
            .iter()
            .filter(|claim| matches!(claim, Claim::Granted(_)));
        assert_eq!(granted.count(), 1, "{claims:?}");
    }
}

static HOPELESS: Registry = Registry::new("hopeless");

#[handles(registry = HOPELESS)]
async fn conflict(_: &PaymentMade, tx: &mut Tx<Postgres>) -> Result<(), sqlx::Error> {
    let raise = "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$";
    tx.execute(raise).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_always_conflicts_fails_in_the_end() {
    let Some((store, _)) = account().await else {
        return;
    };
    let app = Dispatcher::new(&HOPELESS).state(store).build().unwrap();
    let memory = Memory::new();
    let service = Service::new("bank", &app)
        .transport(memory.clone())
        .policy(Policy::new().attempts(1))
        .build()
        .unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    memory.publish(&payment("A-1", 1)).await.unwrap();
    let failed = handle.wait_for(|health| health.counters().dead_lettered == 1);
    tokio::time::timeout(std::time::Duration::from_mins(1), failed)
        .await
        .unwrap();
    handle.stop();
    running.await.unwrap().unwrap();
}
