//! Units of work: handlers that run in a database transaction.

use std::error::Error;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use eventkit::transport::BoxFuture;
use eventkit::unit_of_work::{Begun, CommitError, UnitOfWork, UnitOfWorkStore};
use eventkit::{BoxError, Context, Event, ExtractAsync, Requirements};
use sqlx::Transaction;

use crate::codes::{is_conflict, is_full, is_lost, not_committed};
use crate::database::{SqlDatabase, is_completed};
use crate::error::{SqlError, SqlErrorKind};
use crate::key::Key;
use crate::outbox;
use crate::store::SqlStore;
use crate::value::Value;

/// An extractor of the database transaction in which a handler runs: `tx: &mut Tx<Postgres>`.
///
/// The transaction contains the record that the handler has handled the event, everything the
/// handler writes through its `Tx`, and the events that the handler returns or sends with
/// [`Outgoing`](eventkit::Outgoing). If the handler succeeds, the transaction is committed and the
/// message is acknowledged. If it fails, the transaction is rolled back. If the event is delivered
/// again, even to another process at the same time, the record keeps the handler from running
/// again. So everything that a handler writes through its `Tx` happens exactly once, however often
/// the event is delivered.
///
/// `&mut **tx` is an sqlx executor. A handler must not execute `COMMIT` or `ROLLBACK`, but may use
/// savepoints with [`Connection::begin`](sqlx::Connection::begin). After a conflict with another
/// transaction, such as a deadlock, the handler runs again without counting an attempt, provided
/// that it returns the sqlx error, or an error with the sqlx error as its source.
///
/// The dispatcher must have a [`SqlStore`] of the same database as state.
///
/// ```
/// use eventkit::{CloudEvent, Dispatcher, Registry, handles};
/// use eventkit_sql::{SqlStore, Tx};
/// use serde::{Deserialize, Serialize};
/// use sqlx::Sqlite;
/// use sqlx::sqlite::SqlitePoolOptions;
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
/// struct OrderPlaced {
///     #[cloudevent(id)]
///     id: String,
///     total: i64,
/// }
///
/// static BILLING: Registry = Registry::new("billing");
///
/// #[handles(registry = BILLING)]
/// async fn charge(order: &OrderPlaced, tx: &mut Tx<Sqlite>) -> Result<(), sqlx::Error> {
///     let charge = sqlx::query("UPDATE account SET balance = balance - $1").bind(order.total);
///     charge.execute(&mut **tx).await?;
///     Ok(())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
/// sqlx::raw_sql("CREATE TABLE account (balance INTEGER); INSERT INTO account VALUES (100)")
///     .execute(&pool)
///     .await?;
/// let store = SqlStore::new(pool.clone());
/// store.migrate().await?;
///
/// let app = Dispatcher::new(&BILLING).state(store).build()?;
/// let order = OrderPlaced { id: "A-1".into(), total: 30 };
/// app.dispatch_async(&order).await?;
/// app.dispatch_async(&order).await?;
/// let balance: i64 = sqlx::query_scalar("SELECT balance FROM account").fetch_one(&pool).await?;
/// assert_eq!(balance, 70);
/// # Ok::<(), eventkit::BoxError>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Tx<DB: SqlDatabase> {
    /// Holds the transaction until this is dropped.
    transaction: Lent<DB>,
}

/// A transaction that returns to its unit of work when it is dropped.
struct Lent<DB: SqlDatabase> {
    transaction: Option<Transaction<'static, DB>>,
    home: Slot<DB>,
}

type Slot<DB> = Arc<Mutex<Option<Transaction<'static, DB>>>>;

/// The unit of work for one handler and event.
pub(crate) struct SqlUnitOfWork<DB: SqlDatabase> {
    store: SqlStore<DB>,
    slot: Slot<DB>,
    /// The number of the transaction.
    number: i64,
}

/// The result of a claim by a unit of work.
enum UnitClaim {
    /// Granted in the transaction with this number.
    Granted(i64),
    InProgress,
    Completed,
}

/// The maximum number of times that a conflicting claim is attempted.
const MAX_CLAIMS: usize = 16;

impl<DB: SqlDatabase> SqlUnitOfWork<DB> {
    fn take(&self) -> Option<Transaction<'static, DB>> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }
}

impl<DB: SqlDatabase> UnitOfWorkStore for SqlStore<DB> {
    fn begin<'a>(
        &'a self,
        event: &'a Event,
        subscription: &'a str,
    ) -> BoxFuture<'a, Result<Begun, BoxError>> {
        Box::pin(async move {
            let key = Key::new(event.source(), event.id(), subscription);
            self.sweep_if_due().await;
            let (transaction, claim) = self.claim_in_transaction(&key).await?;
            Ok(match claim {
                UnitClaim::Granted(number) => Begun::Unit(Arc::new(SqlUnitOfWork {
                    store: self.clone(),
                    slot: Arc::new(Mutex::new(Some(transaction))),
                    number,
                })),
                UnitClaim::InProgress => Begun::InProgress,
                UnitClaim::Completed => Begun::Completed,
            })
        })
    }

    fn is_conflict(&self, error: &(dyn Error + 'static)) -> bool {
        is_conflict::<DB>(error)
    }

    fn is_unavailable(&self, error: &(dyn Error + 'static)) -> bool {
        is_lost::<DB>(error)
    }

    fn is_full(&self, error: &(dyn Error + 'static)) -> bool {
        is_full::<DB>(error)
    }
}

impl<DB: SqlDatabase> SqlStore<DB> {
    /// Begins a transaction and claims an event in it.
    async fn claim_in_transaction(
        &self,
        key: &Key,
    ) -> Result<(Transaction<'static, DB>, UnitClaim), SqlError> {
        let mut claims = 0;
        loop {
            let mut transaction = self.begin().await?;
            let claim = self.claim_unit(&mut transaction, key).await;
            claims += 1;
            match claim {
                Ok(claim) => return Ok((transaction, claim)),
                // If transactions are serializable by default, the other claim is visible only to a
                // transaction that begins after it.
                Err(error) if claims < MAX_CLAIMS && is_conflict::<DB>(&error) => {}
                Err(error) => return Err(SqlError::of("claim an event")(error)),
            }
        }
    }

    async fn claim_unit(
        &self,
        connection: &mut DB::Connection,
        key: &Key,
    ) -> Result<UnitClaim, sqlx::Error> {
        let [digest, source, id, subscription] = key.values();
        let lock = Value::Integer(key.lock(self.schema.as_str()));
        let values = [digest, source, id, subscription, lock];
        let rows = DB::fetch(connection, &self.statements.begin_unit, &values).await?;
        if let Some(row) = rows.first() {
            return Ok(UnitClaim::Granted(DB::integer(row, 0)?.unwrap_or_default()));
        }
        let is_completed = is_completed::<DB>(connection, &self.statements, &key.digest).await?;
        Ok(match is_completed {
            Some(true) => UnitClaim::Completed,
            _ => UnitClaim::InProgress,
        })
    }
}

impl<DB: SqlDatabase> UnitOfWork for SqlUnitOfWork<DB> {
    fn commit<'a>(&'a self, outgoing: &'a [Event]) -> BoxFuture<'a, Result<(), CommitError>> {
        Box::pin(async move {
            let Some(mut transaction) = self.take() else {
                let error = SqlError::from(SqlErrorKind::TransactionTaken);
                return Err(CommitError::Refused(error.into()));
            };
            // Checked first: if the transaction has ended, anything stored now would be outside it.
            let is_open = DB::check(&mut transaction, self.number).await;
            if !is_open.map_err(not_committed::<DB>)? {
                let error = SqlError::from(SqlErrorKind::TransactionEnded);
                return Err(CommitError::Refused(error.into()));
            }
            if !outgoing.is_empty() {
                let events: Result<Vec<String>, SqlError> =
                    outgoing.iter().map(outbox::encode).collect();
                let events = events.map_err(|error| CommitError::Refused(error.into()))?;
                let stored = DB::store_all(&mut transaction, &self.store.statements, &events);
                stored.await.map_err(not_committed::<DB>)?;
            }
            transaction.commit().await.map_err(not_committed::<DB>)
        })
    }

    fn roll_back(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        Box::pin(async move {
            if let Some(transaction) = self.take() {
                let rolled_back = transaction.rollback().await;
                rolled_back.map_err(SqlError::of("roll back"))?;
            }
            Ok(())
        })
    }
}

impl<DB: SqlDatabase> fmt::Debug for SqlUnitOfWork<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlUnitOfWork").finish_non_exhaustive()
    }
}

impl<'a, DB: SqlDatabase> ExtractAsync<'a> for Tx<DB> {
    async fn extract_async(context: &'a Context<'a>) -> Result<Self, BoxError> {
        let unit = context.unit_of_work::<SqlUnitOfWork<DB>>();
        let unit = unit.ok_or_else(|| SqlError::from(SqlErrorKind::NoUnitOfWork))?;
        let transaction = unit.take();
        if transaction.is_none() {
            return Err(SqlError::from(SqlErrorKind::TransactionTaken).into());
        }
        let home = Arc::clone(&unit.slot);
        Ok(Self {
            transaction: Lent { transaction, home },
        })
    }

    fn requires(requirements: &mut Requirements) {
        requirements.unit_of_work::<SqlStore<DB>>();
    }
}

impl<DB: SqlDatabase> Deref for Tx<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        self.transaction.get()
    }
}

impl<DB: SqlDatabase> DerefMut for Tx<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        self.transaction.get_mut()
    }
}

impl<DB: SqlDatabase> fmt::Debug for Tx<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}

#[expect(
    clippy::expect_used,
    reason = "the transaction is present until the drop"
)]
impl<DB: SqlDatabase> Lent<DB> {
    fn get(&self) -> &DB::Connection {
        self.transaction.as_ref().expect("present until the drop")
    }

    fn get_mut(&mut self) -> &mut DB::Connection {
        self.transaction.as_mut().expect("present until the drop")
    }
}

impl<DB: SqlDatabase> Drop for Lent<DB> {
    fn drop(&mut self) {
        let mut home = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        *home = self.transaction.take();
    }
}
