//! The eventkit tables of one schema.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{Connection, Pool, SqlSafeStr, Transaction};

use crate::begin::begin;
use crate::database::operations::MissingRights;
use crate::database::{MAX_DELETED, SqlDatabase, millis};
use crate::error::{SqlError, SqlErrorKind};
use crate::schema::{Schema, Statements};
use crate::value::Value;

/// A handle to eventkit's tables in the program's own database, accessed through the program's
/// pool.
///
/// Add it as state to a [`Dispatcher`](eventkit::Dispatcher), so that handlers can take a
/// [`Tx`](crate::Tx). It provides an [inbox](Self::inbox) for handlers without a `Tx`, and an
/// [outbox](Self::outbox) for code outside handlers. A [relay](crate::Relay) publishes the events
/// of the outbox.
///
/// ```
/// use eventkit_sql::SqlStore;
/// use sqlx::sqlite::SqlitePool;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let pool = SqlitePool::connect("sqlite::memory:").await?;
/// let store = SqlStore::new(pool).schema("shop")?;
/// store.migrate().await?;
/// # Ok::<(), eventkit::BoxError>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SqlStore<DB: SqlDatabase> {
    pub(crate) pool: Pool<DB>,
    pub(crate) schema: Schema,
    pub(crate) statements: Arc<Statements>,
    window: Duration,
    /// The time at which expired entries were last deleted.
    last_sweep: Arc<Mutex<Option<Instant>>>,
}

/// The version of the tables that this crate creates.
const VERSION: i64 = 1;

/// How many times per window expired entries are deleted.
const SWEEPS: u32 = 10;

/// Creates eventkit's tables in the schema `eventkit`, or migrates existing ones.
///
/// For another schema, use [`SqlStore::migrate`].
///
/// # Errors
///
/// Returns an error if [`SqlStore::migrate`] does.
pub async fn migrate<DB: SqlDatabase>(pool: &Pool<DB>) -> Result<(), SqlError> {
    SqlStore::new(pool.clone()).migrate().await
}

impl<DB: SqlDatabase> SqlStore<DB> {
    /// Creates a store with the schema `eventkit`.
    #[must_use]
    pub fn new(pool: Pool<DB>) -> Self {
        let schema = Schema::default();
        Self {
            statements: Arc::new(DB::statements(&schema)),
            pool,
            schema,
            window: Duration::from_hours(30 * 24),
            last_sweep: Arc::default(),
        }
    }

    /// Sets the schema of the tables in PostgreSQL, or the prefix of their names in SQLite.
    ///
    /// # Errors
    ///
    /// Returns an error unless the name is a lower-case letter or `_`, followed by up to 39
    /// lower-case letters, digits and `_`.
    pub fn schema(self, name: &str) -> Result<Self, SqlError> {
        let schema = Schema::new(name)?;
        Ok(Self {
            statements: Arc::new(DB::statements(&schema)),
            schema,
            ..self
        })
    }

    /// Sets how long handled events are remembered; 30 days by default.
    ///
    /// The window must be longer than the time within which an event may be delivered again: by the
    /// transport, by a replay of dead letters, or by its sender.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    pub(crate) fn window_millis(&self) -> i64 {
        millis(self.window)
    }

    /// Deletes a batch of entries that are older than the window. A sweep is due ten times per
    /// window, and at once if entries are left. A failure is only logged.
    pub(crate) async fn sweep(&self, connection: &mut DB::Connection) {
        if !self.is_sweep_due() {
            return;
        }
        *self.last_sweep() = Some(Instant::now());
        let values = [
            Value::Integer(self.window_millis()),
            Value::Integer(MAX_DELETED),
        ];
        match DB::execute(connection, &self.statements.delete_expired, &values).await {
            Ok(deleted) if deleted == MAX_DELETED.cast_unsigned() => *self.last_sweep() = None,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "failed to delete expired entries of the inbox");
            }
        }
    }

    /// Deletes entries like [`sweep`](Self::sweep), on a separate connection.
    pub(crate) async fn sweep_if_due(&self) {
        if !self.is_sweep_due() {
            return;
        }
        // If no connection is available, the unit of work reports this too.
        if let Ok(mut connection) = self.pool.acquire().await {
            self.sweep(&mut connection).await;
        }
    }

    fn is_sweep_due(&self) -> bool {
        self.last_sweep()
            .is_none_or(|last| last.elapsed() >= self.window / SWEEPS)
    }

    fn last_sweep(&self) -> MutexGuard<'_, Option<Instant>> {
        self.last_sweep
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the connection pool.
    #[must_use]
    pub fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// Begins a transaction, for code outside handlers.
    ///
    /// In SQLite, the transaction acquires the write lock at once: it waits for other transactions
    /// here, and does not fail later because of them. This future can be dropped safely, for
    /// instance when the client of a route disconnects. Dropping the future of [`Pool::begin`] may
    /// instead return a connection with an open transaction to the pool.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be reached or rejects the statement.
    pub async fn begin(&self) -> Result<Transaction<'static, DB>, SqlError> {
        let begun = begin(&self.pool).await;
        begun.map_err(SqlError::of("begin a transaction"))
    }

    /// Creates the tables, or migrates those of an earlier version. Several processes may call this
    /// at once.
    ///
    /// If the tables exist, this checks them and changes nothing. The section "Rights" of the
    /// [crate documentation](crate) lists the rights that the user of the pool needs in PostgreSQL.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be reached or rejects a statement, if the user of the
    /// pool lacks a right, which the error names, or if a later version of this crate created the
    /// tables.
    pub async fn migrate(&self) -> Result<(), SqlError> {
        let mut connection = self.connection("connect to the database").await?;
        let missing = DB::missing_rights(&mut connection, &self.schema).await;
        if let Some(missing) = missing.map_err(SqlError::of("look up the rights of the user"))? {
            let MissingRights { user, rights } = missing;
            return Err(SqlErrorKind::Rights { user, rights }.into());
        }
        let found = self.create_tables(&mut connection).await;
        let found = found.map_err(SqlError::of("create the tables"))?;
        if found > VERSION {
            let known = VERSION;
            return Err(SqlErrorKind::Newer { found, known }.into());
        }
        Ok(())
    }

    /// Creates the tables if they do not exist; returns the version of existing ones.
    async fn create_tables(&self, connection: &mut DB::Connection) -> Result<i64, sqlx::Error> {
        let mut transaction = connection
            .begin_with(DB::BEGIN_MIGRATION.into_sql_str())
            .await?;
        let mut found = 0;
        if DB::prepare_migration(&mut transaction, &self.schema).await? {
            let rows = DB::fetch(&mut transaction, &self.statements.version, &[]).await?;
            if let Some(row) = rows.first() {
                found = DB::integer(row, 0)?.unwrap_or_default();
            }
        }
        if found < 1 {
            DB::create_tables(&mut transaction, &self.schema).await?;
        }
        transaction.commit().await?;
        Ok(found)
    }

    pub(crate) async fn connection(
        &self,
        operation: &'static str,
    ) -> Result<sqlx::pool::PoolConnection<DB>, SqlError> {
        let acquired = self.pool.acquire().await;
        acquired.map_err(SqlError::of(operation))
    }
}

impl<DB: SqlDatabase> Clone for SqlStore<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            schema: self.schema.clone(),
            statements: Arc::clone(&self.statements),
            window: self.window,
            last_sweep: Arc::clone(&self.last_sweep),
        }
    }
}

impl<DB: SqlDatabase> fmt::Debug for SqlStore<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore")
            .field("database", &DB::NAME)
            .field("schema", &self.schema.as_str())
            .finish_non_exhaustive()
    }
}
