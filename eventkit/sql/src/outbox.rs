//! The outbox: events that are published once the transaction that stored them is committed.

use std::time::Duration;

use eventkit::event::Timestamp;
use eventkit::format::{Format, Json};
use eventkit::transport::with_current_trace;
use eventkit::{Event, ToEvent};

use crate::database::{SqlDatabase, millis};
use crate::error::{SqlError, SqlErrorKind};
use crate::key::MAX_KEY_LEN;
use crate::store::SqlStore;
use crate::value::Value;

/// The outbox of a [`SqlStore`], for code outside handlers.
///
/// An event that is stored in a transaction is published by a [`Relay`](crate::Relay) once the
/// transaction is committed, and never if it is rolled back. Handlers with a [`Tx`](crate::Tx) do
/// not need an outbox: the events that they return or send are stored in their transaction.
///
/// Each function takes a connection with an open transaction: `&mut transaction` from
/// [`SqlStore::begin`], or `&mut *tx` from a [`Tx`](crate::Tx).
///
/// ```
/// use std::time::Duration;
///
/// use eventkit::{CloudEvent, handles};
/// use eventkit_sql::SqlStore;
/// use serde::{Deserialize, Serialize};
/// use sqlx::sqlite::SqlitePoolOptions;
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
/// struct OrderPlaced {
///     order: String,
/// }
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.payment.due", source = "/shop")]
/// struct PaymentDue {
///     order: String,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
/// # sqlx::raw_sql("CREATE TABLE orders (id TEXT)").execute(&pool).await?;
/// let store = SqlStore::new(pool.clone());
/// # store.migrate().await?;
/// let outbox = store.outbox();
/// let order = String::from("A-1");
///
/// let mut tx = store.begin().await?;
/// sqlx::query("INSERT INTO orders VALUES ($1)").bind(&order).execute(&mut *tx).await?;
/// outbox.store(&mut tx, &OrderPlaced { order: order.clone() }).await?;
/// let reminder = PaymentDue { order: order.clone() };
/// outbox.send_in(&mut tx, &reminder, Duration::from_secs(86_400), Some("reminder A-1")).await?;
/// tx.commit().await?;
///
/// // It was paid in time.
/// let mut tx = store.begin().await?;
/// assert!(outbox.cancel(&mut tx, "reminder A-1").await?);
/// tx.commit().await?;
/// # Ok::<(), eventkit::BoxError>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Outbox<DB: SqlDatabase> {
    store: SqlStore<DB>,
}

/// The time at which a stored event is due.
#[derive(Debug, Clone, Copy)]
enum Due {
    Now,
    In(i64),
    At(i64),
}

impl<DB: SqlDatabase> SqlStore<DB> {
    /// Returns the outbox, in which code outside handlers stores events.
    #[must_use]
    pub fn outbox(&self) -> Outbox<DB> {
        Outbox {
            store: self.clone(),
        }
    }
}

impl<DB: SqlDatabase> Outbox<DB> {
    /// Stores an event, to be published once the transaction is committed.
    ///
    /// # Errors
    ///
    /// Returns an error if the event cannot be encoded, or if the database rejects the statement.
    pub async fn store<E: ToEvent>(
        &self,
        connection: &mut DB::Connection,
        event: &E,
    ) -> Result<(), SqlError> {
        self.insert(connection, event, None, Due::Now).await
    }

    /// Stores an event, to be published at a given time of the database's clock.
    ///
    /// The optional key, of at most [`MAX_KEY_LEN`] bytes, names the event: it can be
    /// [cancelled](Self::cancel) by the key, and it replaces an unpublished event with the same
    /// key.
    ///
    /// # Errors
    ///
    /// Returns an error if the event cannot be encoded, if the key is too long, or if the database
    /// rejects the statement.
    pub async fn send_at<E: ToEvent>(
        &self,
        connection: &mut DB::Connection,
        event: &E,
        time: Timestamp,
        key: Option<&str>,
    ) -> Result<(), SqlError> {
        let time = time.to_utc().timestamp_millis();
        self.insert(connection, event, key, Due::At(time)).await
    }

    /// Stores an event, to be published after a delay.
    ///
    /// # Errors
    ///
    /// Returns an error if [`send_at`](Self::send_at) does.
    pub async fn send_in<E: ToEvent>(
        &self,
        connection: &mut DB::Connection,
        event: &E,
        delay: Duration,
        key: Option<&str>,
    ) -> Result<(), SqlError> {
        let due = Due::In(millis(delay));
        self.insert(connection, event, key, due).await
    }

    /// Deletes the event with a key. Returns `false` if there is no such event, or if it is already
    /// being published.
    ///
    /// # Errors
    ///
    /// Returns an error if the database rejects the statement.
    pub async fn cancel(
        &self,
        connection: &mut DB::Connection,
        key: &str,
    ) -> Result<bool, SqlError> {
        let cancel = &self.store.statements.cancel;
        let cancelled = DB::execute(connection, cancel, &[Value::Text(key)]).await;
        Ok(cancelled.map_err(SqlError::of("cancel an event"))? > 0)
    }

    async fn insert<E: ToEvent>(
        &self,
        connection: &mut DB::Connection,
        event: &E,
        key: Option<&str>,
        due: Due,
    ) -> Result<(), SqlError> {
        if let Some(key) = key
            && key.len() > MAX_KEY_LEN
        {
            return Err(SqlErrorKind::KeyTooLong(key.len()).into());
        }
        let event = event
            .to_event_cow()
            .map_err(|source| SqlErrorKind::Encode {
                event: "for the outbox".to_owned(),
                source,
            })?;
        // The relay publishes it later, outside the current span.
        let text = encode(&with_current_trace(&event))?;
        let statements = &self.store.statements;
        let (event, key) = (Value::Text(&text), Value::Key(key));
        let stored = match due {
            Due::Now => DB::execute(connection, &statements.store, &[event]).await,
            Due::In(delay) => {
                let values = [event, key, Value::Integer(delay)];
                DB::execute(connection, &statements.schedule_in, &values).await
            }
            Due::At(time) => {
                let values = [event, key, Value::Integer(time)];
                DB::execute(connection, &statements.schedule_at, &values).await
            }
        };
        stored.map_err(SqlError::of("store an event in the outbox"))?;
        Ok(())
    }
}

impl<DB: SqlDatabase> Clone for Outbox<DB> {
    fn clone(&self) -> Self {
        self.store.outbox()
    }
}

/// Returns an event as the text to store.
pub(crate) fn encode(event: &Event) -> Result<String, SqlError> {
    let encode = |source| SqlErrorKind::Encode {
        event: event.to_string(),
        source,
    };
    let json = Json.encode(event).map_err(encode)?;
    Ok(String::from_utf8_lossy(&json).into_owned())
}
