//! Starting transactions.

use std::time::Duration;

use sqlx::{Connection, Pool, Transaction};
use tokio::time::timeout;

use crate::continued::Continued;
use crate::database::SqlDatabase;

/// The time within which a dropped connection returns to its pool.
const RETURN_TIMEOUT: Duration = Duration::from_millis(100);

type BeginResult<DB> = Result<Transaction<'static, DB>, sqlx::Error>;

/// Begins a transaction, and runs to completion even if the future is dropped.
///
/// If sqlx's `BEGIN` is cancelled while PostgreSQL executes it, the connection returns to the pool
/// with an open transaction, and the statements of its next user are lost. This one continues, and the
/// transaction is rolled back when it is dropped.
pub(crate) fn begin<DB: SqlDatabase>(pool: &Pool<DB>) -> Continued<BeginResult<DB>> {
    let pool = pool.clone();
    Continued::new(async move {
        let mut attempts = pool.options().get_max_connections();
        loop {
            match pool.begin_with(DB::BEGIN).await {
                Err(sqlx::Error::InvalidSavePointStatement) if attempts > 0 => {
                    attempts -= 1;
                    close_broken(&pool).await;
                }
                begun => return begun,
            }
        }
    })
}

/// Closes a connection that sqlx takes to be in a transaction, if it finds one.
///
/// SQLite may end a transaction by itself when a statement fails, such as on a full disk. Then sqlx cannot roll it
/// back, gives the connection to the pool, and refuses to begin another transaction on it for ever.
async fn close_broken<DB: SqlDatabase>(pool: &Pool<DB>) {
    // Kept meanwhile, or the pool would give them out again and again.
    let mut sound = Vec::new();
    while let Ok(Ok(connection)) = timeout(RETURN_TIMEOUT, pool.acquire()).await {
        if connection.is_in_transaction() {
            // Even if that fails, the pool no longer has it.
            let _ = connection.close().await;
            return;
        }
        sound.push(connection);
    }
}
