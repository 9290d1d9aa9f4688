//! The beginning of a transaction.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use eventkit::transport::BoxFuture;
use sqlx::{Connection, Pool, Transaction};
use tokio::runtime::Handle;

use crate::database::SqlDatabase;

/// The beginning of a transaction, which goes on when nothing waits for it any longer.
///
/// If the `BEGIN` of sqlx is cancelled while PostgreSQL executes it, the connection goes back to the pool with
/// an open transaction, in which the statements of others are lost.
pub(crate) struct Beginning<DB: SqlDatabase>(Option<BoxFuture<'static, BeginResult<DB>>>);

type BeginResult<DB> = Result<Transaction<'static, DB>, sqlx::Error>;

/// Begins a transaction on a connection of a pool that is in none.
async fn begin<DB: SqlDatabase>(pool: &Pool<DB>) -> BeginResult<DB> {
    let mut attempts = pool.options().get_max_connections();
    loop {
        match pool.begin_with(DB::BEGIN).await {
            Err(sqlx::Error::InvalidSavePointStatement) if attempts > 0 => {
                attempts -= 1;
                close_broken(pool).await?;
            }
            begun => return begun,
        }
    }
}

/// Closes a connection if sqlx takes it to be in a transaction.
///
/// SQLite may end a transaction by itself when a statement fails, such as on a full disk. Then sqlx cannot roll it
/// back, gives the connection to the pool, and refuses to begin another transaction on it for ever.
async fn close_broken<DB: SqlDatabase>(pool: &Pool<DB>) -> Result<(), sqlx::Error> {
    // The pool gives out its connections in turn.
    let connection = pool.acquire().await?;
    if connection.is_in_transaction() {
        connection.close().await?;
    }
    Ok(())
}

impl<DB: SqlDatabase> Beginning<DB> {
    pub(crate) fn new(pool: &Pool<DB>) -> Self {
        let pool = pool.clone();
        Self(Some(Box::pin(async move { begin(&pool).await })))
    }
}

impl<DB: SqlDatabase> Future for Beginning<DB> {
    type Output = BeginResult<DB>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(beginning) = &mut self.0 else {
            return Poll::Pending;
        };
        let begun = ready!(beginning.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(begun)
    }
}

impl<DB: SqlDatabase> Drop for Beginning<DB> {
    fn drop(&mut self) {
        // Without a runtime, the pool ends too.
        if let (Some(beginning), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            // The transaction is rolled back when it is dropped.
            runtime.spawn(beginning);
        }
    }
}
