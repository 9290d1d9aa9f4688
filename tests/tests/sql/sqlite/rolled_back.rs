//! Statements that roll the transaction back when they fail.

use eventkit::{Dispatcher, Registry, handles};
use eventkit_sql::Tx;
use sqlx::Sqlite;

use super::units::{PaymentBooked, PaymentMade, account, add, balance, count, payment};

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
