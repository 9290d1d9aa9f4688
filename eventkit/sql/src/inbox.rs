//! An inbox in a SQL database.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::BoxFuture;
use eventkit_service::{Claim, ClaimToken, Inbox, InboxKey};
use tokio::sync::{mpsc, oneshot};

use crate::codes::is_conflict;
use crate::database::{SqlDatabase, is_completed, millis};
use crate::error::{SqlError, SqlErrorKind};
use crate::key::Key;
use crate::schema::Statements;
use crate::store::SqlStore;
use crate::value::Value;

/// The capacity of the worker's queue; further operations wait for space.
const MAX_QUEUED: usize = 1024;

/// The maximum number of operations that share a transaction. Each of them waits for all others.
const MAX_BATCH: usize = 256;

/// The maximum number of retries of an operation that conflicts with another one.
const MAX_CONFLICTS: usize = 16;

/// An [`Inbox`] in a SQL database, which detects duplicates across restarts and processes.
///
/// It is for handlers without a [`Tx`](crate::Tx), whose effects happen at least once: if a process
/// dies after a handler has succeeded but before this is recorded, the handler runs again. Handlers
/// with a `Tx` do not use it.
///
/// Times are measured with the database's clock. In SQLite, operations that wait at the same time
/// share a transaction: if it fails, all of them fail.
///
/// ```
/// use std::time::Duration;
///
/// use eventkit_service::{Claim, Inbox, InboxKey};
/// use eventkit_sql::SqlStore;
/// use sqlx::sqlite::SqlitePoolOptions;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
/// let store = SqlStore::new(pool);
/// store.migrate().await?;
///
/// let inbox = store.inbox();
/// let key = InboxKey::new("/shop", "A-1", "billing--receipt");
/// let lease = Duration::from_secs(60);
/// assert!(matches!(inbox.claim(key, lease).await?, Claim::Granted(_)));
/// inbox.complete(key).await?;
/// assert_eq!(inbox.claim(key, lease).await?, Claim::Completed);
/// # Ok::<(), eventkit::BoxError>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SqlInbox<DB: SqlDatabase> {
    store: SqlStore<DB>,
    /// The queue of the worker, which is started by the first operation.
    worker: Arc<Mutex<Option<mpsc::Sender<Request>>>>,
}

/// An operation that waits to be executed.
#[derive(Debug)]
struct Request {
    operation: Operation,
    reply: oneshot::Sender<Result<Answer, Arc<SqlError>>>,
}

/// An operation on the entry for a key.
#[derive(Debug)]
struct Operation {
    key: Key,
    kind: OperationKind,
}

#[derive(Debug, Clone, Copy)]
enum OperationKind {
    Claim { lease: i64, window: i64 },
    Renew { token: ClaimToken, lease: i64 },
    Complete,
    Release { token: ClaimToken },
}

/// The result of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Claimed(Claim),
    /// Whether a row was changed.
    Changed(bool),
}

impl Operation {
    async fn execute<DB: SqlDatabase>(
        &self,
        connection: &mut DB::Connection,
        statements: &Statements,
    ) -> Result<Answer, sqlx::Error> {
        let [digest, source, id, subscription] = self.key.values();
        let number = |token: ClaimToken| Value::Integer(token.get().cast_signed());
        let changed = match self.kind {
            OperationKind::Claim { lease, window } => {
                let token = ClaimToken::random();
                let (lease, window) = (Value::Integer(lease), Value::Integer(window));
                let values = [
                    digest,
                    source,
                    id,
                    subscription,
                    number(token),
                    lease,
                    window,
                ];
                let granted = DB::fetch(connection, &statements.claim, &values).await?;
                if !granted.is_empty() {
                    return Ok(Answer::Claimed(Claim::Granted(token)));
                }
                let is_completed = is_completed::<DB>(connection, statements, &self.key.digest);
                return Ok(Answer::Claimed(match is_completed.await? {
                    Some(true) => Claim::Completed,
                    _ => Claim::InProgress,
                }));
            }
            OperationKind::Renew { token, lease } => {
                let values = [digest, number(token), Value::Integer(lease)];
                DB::execute(connection, &statements.renew, &values).await?
            }
            OperationKind::Complete => {
                let values = [digest, source, id, subscription];
                DB::execute(connection, &statements.complete, &values).await?
            }
            OperationKind::Release { token } => {
                let values = [digest, number(token)];
                DB::execute(connection, &statements.release, &values).await?
            }
        };
        Ok(Answer::Changed(changed > 0))
    }
}

impl<DB: SqlDatabase> SqlStore<DB> {
    /// Returns an inbox for a service, which detects duplicates for handlers without a
    /// [`Tx`](crate::Tx).
    #[must_use]
    pub fn inbox(&self) -> SqlInbox<DB> {
        SqlInbox::new(self.clone())
    }
}

impl<DB: SqlDatabase> SqlInbox<DB> {
    pub(crate) fn new(store: SqlStore<DB>) -> Self {
        Self {
            store,
            worker: Arc::default(),
        }
    }

    /// Sets how long the inbox remembers an event; 30 days by default.
    ///
    /// The window must be longer than the transport may take to redeliver an event.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.store = self.store.window(window);
        self.worker = Arc::default();
        self
    }

    async fn run(&self, key: InboxKey<'_>, kind: OperationKind) -> Result<Answer, BoxError> {
        let key = Key::new(key.source, key.id, key.subscription);
        let operation = Operation { key, kind };
        if !DB::BATCHES {
            return Ok(execute(&self.store, &operation).await?);
        }
        let (reply, answer) = oneshot::channel();
        let request = Request { operation, reply };
        let sent = self.worker().send(request).await;
        let ended = || SqlError::from(SqlErrorKind::WorkerEnded);
        sent.map_err(|_| ended())?;
        let answer = answer.await.map_err(|_| ended())?;
        Ok(answer
            .map_err(SqlErrorKind::Batch)
            .map_err(SqlError::from)?)
    }

    /// Returns the worker's queue. Starts a worker if none is running, or if the last one ended
    /// with its runtime.
    fn worker(&self) -> mpsc::Sender<Request> {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &*worker
            && !queue.is_closed()
        {
            return queue.clone();
        }
        let (queue, requests) = mpsc::channel(MAX_QUEUED);
        tokio::spawn(work(self.store.clone(), requests));
        worker.insert(queue).clone()
    }
}

/// Executes operations until all inboxes are dropped; those that wait together share a transaction.
async fn work<DB: SqlDatabase>(store: SqlStore<DB>, mut requests: mpsc::Receiver<Request>) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    while requests.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let answers = execute_all(&store, &batch).await.map_err(Arc::new);
        match answers {
            Ok(answers) => {
                for (request, answer) in batch.drain(..).zip(answers) {
                    // The caller may have stopped waiting.
                    let _ = request.reply.send(Ok(answer));
                }
            }
            Err(error) => {
                for request in batch.drain(..) {
                    let _ = request.reply.send(Err(Arc::clone(&error)));
                }
            }
        }
    }
}

async fn execute_all<DB: SqlDatabase>(
    store: &SqlStore<DB>,
    batch: &[Request],
) -> Result<Vec<Answer>, SqlError> {
    let failed = |error| SqlError::of("access the inbox")(error);
    let mut transaction = store.pool.begin_with(DB::BEGIN).await.map_err(failed)?;
    store.sweep(&mut transaction).await.map_err(failed)?;
    let mut answers = Vec::with_capacity(batch.len());
    for request in batch {
        let answer = request
            .operation
            .execute::<DB>(&mut transaction, &store.statements);
        answers.push(answer.await.map_err(failed)?);
    }
    transaction.commit().await.map_err(failed)?;
    Ok(answers)
}

async fn execute<DB: SqlDatabase>(
    store: &SqlStore<DB>,
    operation: &Operation,
) -> Result<Answer, SqlError> {
    let failed = |error| SqlError::of("access the inbox")(error);
    let mut connection = store.connection("access the inbox").await?;
    store.sweep(&mut connection).await.map_err(failed)?;
    let mut conflicts = 0;
    loop {
        let answer = operation.execute::<DB>(&mut connection, &store.statements);
        match answer.await {
            // Conflicts are possible if transactions are serializable by default.
            Err(error) if conflicts < MAX_CONFLICTS && is_conflict::<DB>(&error) => conflicts += 1,
            answer => return answer.map_err(failed),
        }
    }
}

impl<DB: SqlDatabase> Clone for SqlInbox<DB> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            worker: Arc::clone(&self.worker),
        }
    }
}

impl<DB: SqlDatabase> Inbox for SqlInbox<DB> {
    fn claim<'a>(
        &'a self,
        key: InboxKey<'a>,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, BoxError>> {
        Box::pin(async move {
            let lease = millis(lease);
            let window = self.store.window_millis();
            let claim = OperationKind::Claim { lease, window };
            Ok(match self.run(key, claim).await? {
                Answer::Claimed(claim) => claim,
                Answer::Changed(_) => Claim::InProgress,
            })
        })
    }

    fn renew<'a>(
        &'a self,
        key: InboxKey<'a>,
        token: ClaimToken,
        lease: Duration,
    ) -> BoxFuture<'a, Result<bool, BoxError>> {
        Box::pin(async move {
            let lease = millis(lease);
            let renew = OperationKind::Renew { token, lease };
            Ok(self.run(key, renew).await? == Answer::Changed(true))
        })
    }

    fn complete<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            self.run(key, OperationKind::Complete).await?;
            Ok(())
        })
    }

    fn release<'a>(
        &'a self,
        key: InboxKey<'a>,
        token: ClaimToken,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            self.run(key, OperationKind::Release { token }).await?;
            Ok(())
        })
    }
}
