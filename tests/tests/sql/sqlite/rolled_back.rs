//! Statements that roll the transaction back when they fail.

use eventkit::{Dispatcher, Registry, handles};
use eventkit_sql::Tx;
use sqlx::Sqlite;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::task::yield_now;

use super::units::{PaymentBooked, PaymentMade, account, add, balance, count, payment};
use super::{open_with, place};

static ROLLED_BACK: Registry = Registry::new("rolled back");

/// A handler that ignores the error of a statement that rolls the transaction back, as a full disk
/// does.
#[handles(registry = ROLLED_BACK)]
async fn ignore(payment: &PaymentMade, tx: &mut Tx<Sqlite>) -> Result<PaymentBooked, sqlx::Error> {
    let amount = payment.amount;
    add(tx, amount).await?;
    let double = "INSERT OR ROLLBACK INTO single VALUES (1), (1)";
    let _ = sqlx::query(double).execute(&mut **tx).await;
    Ok(PaymentBooked { amount })
}

#[tokio::test]
async fn an_error_that_rolls_back_is_not_recorded_as_success() {
    let Some((store, pool)) = account().await else {
        return;
    };
    let table = "CREATE TABLE single (id INTEGER UNIQUE)";
    sqlx::raw_sql(table).execute(&pool).await.unwrap();
    let app = Dispatcher::new(&ROLLED_BACK)
        .state(store.clone())
        .build()
        .unwrap();
    app.dispatch_async(&payment("A-1", 30)).await.unwrap_err();
    assert_eq!(balance(&pool).await, 0);
    assert_eq!(count(&store, "outbox").await, 0);
}

#[tokio::test]
async fn a_connection_whose_transaction_has_ended_by_itself_does_not_stay_in_the_pool() {
    for connections in [1, 3] {
        let pool = SqlitePoolOptions::new().max_connections(connections);
        let store = open_with(&place().unwrap(), pool).await;
        let mut transactions = Vec::new();
        for _ in 0..connections {
            // As SQLite does when the disk is full. Otherwise one transaction would wait for the other.
            let mut transaction = store.begin().await.unwrap();
            sqlx::raw_sql("ROLLBACK")
                .execute(&mut *transaction)
                .await
                .unwrap();
            transactions.push(transaction);
        }
        for transaction in transactions {
            transaction.rollback().await.unwrap_err();
        }
        for _ in 0..2 * connections {
            let transaction = store.begin().await.unwrap();
            transaction.commit().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_broken_connection_is_closed_although_others_of_the_pool_are_not() {
    for connections in [1, 2, 3, 4] {
        let pool = SqlitePoolOptions::new().max_connections(connections);
        let store = open_with(&place().unwrap(), pool).await;
        let mut transaction = store.begin().await.unwrap();
        let rolled_back = sqlx::raw_sql("ROLLBACK").execute(&mut *transaction).await;
        rolled_back.unwrap();
        let mut others = Vec::new();
        for _ in 1..connections {
            others.push(store.pool().acquire().await.unwrap());
        }
        transaction.rollback().await.unwrap_err();
        // The broken one is the first that the pool gives out, and then its turn comes again and again.
        while store.pool().num_idle() == 0 {
            yield_now().await;
        }
        drop(others);
        while store.pool().num_idle() < connections as usize {
            yield_now().await;
        }
        for _ in 0..2 * connections {
            let transaction = store.begin().await.unwrap();
            transaction.commit().await.unwrap();
        }
    }
}
