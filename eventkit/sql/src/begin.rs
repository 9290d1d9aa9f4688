//! Starting transactions.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use eventkit::transport::BoxFuture;
use sqlx::{Pool, Transaction};
use tokio::runtime::Handle;

use crate::database::SqlDatabase;

/// A future that begins a transaction, and runs to completion even if it is dropped.
///
/// If sqlx's `BEGIN` is cancelled while PostgreSQL executes it, the connection returns to the pool
/// with an open transaction, and the statements of its next user are lost.
pub(crate) struct Beginning<DB: SqlDatabase>(Option<BoxFuture<'static, BeginResult<DB>>>);

type BeginResult<DB> = Result<Transaction<'static, DB>, sqlx::Error>;

impl<DB: SqlDatabase> Beginning<DB> {
    pub(crate) fn new(pool: &Pool<DB>) -> Self {
        let pool = pool.clone();
        Self(Some(Box::pin(
            async move { pool.begin_with(DB::BEGIN).await },
        )))
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
        // Without a runtime, the pool no longer works either.
        if let (Some(beginning), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            // The transaction is rolled back when it is dropped.
            runtime.spawn(beginning);
        }
    }
}
