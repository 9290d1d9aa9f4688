//! An inbox in a SQL database.

mod batch;
mod operation;
mod worker;

use std::borrow::Cow;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::BoxFuture;
use eventkit_service::{Claim, ClaimToken, Inbox, InboxKey};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use self::operation::{Answer, Operation, OperationKind};
use self::worker::{Request, work};
use crate::batch_statements::BatchStatements;
use crate::codes::is_conflict;
use crate::continued::Continued;
use crate::database::{SqlDatabase, millis};
use crate::error::{SqlError, SqlErrorKind};
use crate::key::Key;
use crate::store::SqlStore;

/// The capacity of the worker's queue; further operations wait for space.
const MAX_QUEUED: usize = 1024;

/// The maximum number of retries of an operation that conflicts with another one.
const MAX_CONFLICTS: usize = 16;

/// An [`Inbox`] in a SQL database, which detects duplicates across restarts and processes.
///
/// It is for handlers without a [`Tx`](crate::Tx), whose effects happen at least once: if a process
/// dies after a handler has succeeded but before this is recorded, the handler runs again. Handlers
/// with a `Tx` do not use it.
///
/// Times are measured with the database's clock. In SQLite, operations that wait at the same time
/// are executed together: if one fails, all of them fail. A claim is released if its caller stops waiting for
/// it.
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
    /// The statements with which operations that wait at the same time are executed together, if they are.
    statements: Option<Arc<BatchStatements>>,
    /// The queue of the worker, which is started by the first operation.
    worker: Arc<Mutex<Option<mpsc::Sender<Request>>>>,
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
            statements: DB::batch_statements(&store.schema).map(Arc::new),
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
        let key = Arc::new(Key::new(key.source, key.id, key.subscription));
        Ok(self.execute(Operation { key, kind }).await?)
    }

    async fn execute(&self, operation: Operation) -> Result<Answer, SqlError> {
        match &self.statements {
            Some(statements) => self.enqueue(statements, operation).await,
            None => self.execute_alone(operation).await,
        }
    }

    /// Has an operation executed together with those that wait at the same time.
    async fn enqueue(
        &self,
        statements: &Arc<BatchStatements>,
        operation: Operation,
    ) -> Result<Answer, SqlError> {
        let mut unanswered = Unanswered::new(Cow::Borrowed(self), &operation);
        let (reply, answer) = oneshot::channel();
        let request = Request { operation, reply };
        let sent = self.worker(statements).send(request).await;
        let ended = || SqlError::from(SqlErrorKind::WorkerEnded);
        sent.map_err(|_| ended())?;
        let answer = answer.await.map_err(|_| ended())?;
        let answer = answer.map_err(SqlErrorKind::Batch)?;
        unanswered.claim = None;
        Ok(answer)
    }

    /// Executes an operation by itself.
    async fn execute_alone(&self, operation: Operation) -> Result<Answer, SqlError> {
        if !matches!(operation.kind, OperationKind::Claim { .. }) {
            return execute(&self.store, &operation).await;
        }
        let inbox = self.clone();
        // A claim can be released only after it has ended.
        let claiming = Continued::new(async move {
            let answer = execute(&inbox.store, &operation).await;
            (Unanswered::new(Cow::Owned(inbox), &operation), answer)
        });
        let (mut unanswered, answer) = claiming.await;
        let answer = answer?;
        unanswered.claim = None;
        Ok(answer)
    }

    /// Returns the worker's queue. Starts a worker if none is running, or if the last one ended
    /// with its runtime.
    fn worker(&self, statements: &Arc<BatchStatements>) -> mpsc::Sender<Request> {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &*worker
            && !queue.is_closed()
        {
            return queue.clone();
        }
        let (queue, requests) = mpsc::channel(MAX_QUEUED);
        tokio::spawn(work(self.store.clone(), Arc::clone(statements), requests));
        worker.insert(queue).clone()
    }
}

/// A claim whose caller has not received the answer. It is released if the caller stops waiting, or if it
/// fails after it was granted.
struct Unanswered<'i, DB: SqlDatabase> {
    inbox: Cow<'i, SqlInbox<DB>>,
    claim: Option<(Arc<Key>, ClaimToken)>,
}

impl<'i, DB: SqlDatabase> Unanswered<'i, DB> {
    fn new(inbox: Cow<'i, SqlInbox<DB>>, operation: &Operation) -> Self {
        let claim = match operation.kind {
            OperationKind::Claim { token, .. } => Some((Arc::clone(&operation.key), token)),
            _ => None,
        };
        Self { inbox, claim }
    }
}

impl<DB: SqlDatabase> Drop for Unanswered<'_, DB> {
    fn drop(&mut self) {
        // Without a runtime, the claim ends with its lease.
        if let Some((key, token)) = self.claim.take()
            && let Ok(runtime) = Handle::try_current()
        {
            let inbox = SqlInbox::clone(&self.inbox);
            let kind = OperationKind::Release { token };
            runtime.spawn(async move {
                if let Err(error) = inbox.execute(Operation { key, kind }).await {
                    let error: &dyn Error = &error;
                    tracing::debug!(error, "failed to release a claim in the inbox");
                }
            });
        }
    }
}

async fn execute<DB: SqlDatabase>(
    store: &SqlStore<DB>,
    operation: &Operation,
) -> Result<Answer, SqlError> {
    let mut connection = store.connection("access the inbox").await?;
    store.sweep(&mut connection).await;
    let window = store.window_millis();
    let mut conflicts = 0;
    loop {
        let answer = operation.execute::<DB>(&mut connection, &store.statements, window);
        match answer.await {
            // Conflicts are possible if transactions are serializable by default.
            Err(error) if conflicts < MAX_CONFLICTS && is_conflict::<DB>(&error) => conflicts += 1,
            answer => return answer.map_err(SqlError::of("access the inbox")),
        }
    }
}

impl<DB: SqlDatabase> Clone for SqlInbox<DB> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            statements: self.statements.clone(),
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
            let (token, lease) = (ClaimToken::random(), millis(lease));
            let claim = OperationKind::Claim { token, lease };
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
