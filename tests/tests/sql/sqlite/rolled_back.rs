//! Statements that end the transaction when they fail.

use eventkit::{Dispatcher, Registry, handles};
use eventkit_sql::Tx;
use sqlx::Sqlite;

use super::units::{PaymentBooked, PaymentMade, account, add, balance, count, payment};

static ROLLED_BACK: Registry = Registry::new("rolled back");

/// Ignores the error of a statement that rolls the transaction back, as one does when the disk is full.
#[handles(registry = ROLLED_BACK)]
async fn ignore(payment: &PaymentMade, tx: &mut Tx<Sqlite>) -> Result<PaymentBooked, sqlx::Error> {
    let amount = payment.amount;
    add(tx, amount).await?;
    let double = "INSERT OR ROLLBACK INTO single VALUES (1), (1)";
    let _ = sqlx::query(double).execute(&mut **tx).await;
    Ok(PaymentBooked { amount })
}

#[tokio::test]
async fn an_error_that_ends_the_transaction_does_not_pass_for_success() {
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
