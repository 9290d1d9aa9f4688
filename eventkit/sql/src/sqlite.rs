//! An inbox in an SQLite database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use eventkit::BoxError;
use eventkit::transport::BoxFuture;
use eventkit_service::{Claim, Inbox, InboxKey};
use rusqlite::{Connection, OptionalExtension, params};
use thiserror::Error;
use tokio::task::spawn_blocking;

/// How long to wait for a lock that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS eventkit_inbox (
        source TEXT NOT NULL,
        id TEXT NOT NULL,
        handler TEXT NOT NULL,
        leased_until INTEGER NOT NULL,
        done_at INTEGER,
        PRIMARY KEY (source, id, handler)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX IF NOT EXISTS eventkit_inbox_ends
        ON eventkit_inbox (coalesce(done_at, leased_until));
";

/// Inserts a claim, or takes over one whose lease expired or whose completion is older than the
/// window.
const CLAIM: &str = "
    INSERT INTO eventkit_inbox (source, id, handler, leased_until) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET leased_until = ?4, done_at = NULL
        WHERE CASE WHEN done_at IS NULL THEN leased_until <= ?5 ELSE done_at <= ?6 END
    RETURNING 1";
const IS_DONE: &str = "
    SELECT done_at IS NOT NULL FROM eventkit_inbox
    WHERE source = ?1 AND id = ?2 AND handler = ?3";
const COMPLETE: &str = "
    INSERT INTO eventkit_inbox (source, id, handler, leased_until, done_at)
        VALUES (?1, ?2, ?3, ?4, ?4)
    ON CONFLICT DO UPDATE SET done_at = ?4";
const RELEASE: &str = "
    DELETE FROM eventkit_inbox
    WHERE source = ?1 AND id = ?2 AND handler = ?3 AND done_at IS NULL";
const DELETE_EXPIRED: &str =
    "DELETE FROM eventkit_inbox WHERE coalesce(done_at, leased_until) <= ?1";

/// An [`Inbox`] in an SQLite database, which detects duplicates across restarts and processes.
///
/// All processes of one machine may share a file. Clones are the same inbox. The inbox uses the
/// clock of the system.
///
/// Each call is a transaction with `synchronous = NORMAL`. It survives a crash of the process. A power
/// failure may lose the latest transactions, and their events run again if they are redelivered.
///
/// ```
/// use std::time::Duration;
///
/// use eventkit_service::{Claim, Inbox, InboxKey};
/// use eventkit_sql::SqliteInbox;
///
/// # let folder = std::env::temp_dir().join(format!("eventkit-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("inbox.sqlite");
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let key = InboxKey::new("/shop", "A-1", "billing--receipt");
/// let lease = Duration::from_secs(60);
///
/// let inbox = SqliteInbox::open(&path)?;
/// assert_eq!(inbox.claim(key, lease).await?, Claim::Granted);
/// inbox.complete(key).await?;
/// drop(inbox);
///
/// let inbox = SqliteInbox::open(&path)?;
/// assert_eq!(inbox.claim(key, lease).await?, Claim::Completed);
/// # Ok::<(), eventkit::BoxError>(())
/// # }).map_err(|error| error.to_string())?;
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteInbox {
    path: PathBuf,
    window: Duration,
    store: Arc<Mutex<Store>>,
}

/// The error of an [`SqliteInbox`].
#[derive(Debug, Error)]
#[error("failed to {operation} the inbox {path}")]
pub struct SqliteInboxError {
    path: String,
    operation: &'static str,
    source: rusqlite::Error,
}

struct Store {
    connection: Connection,
    /// The time at which expired entries were last deleted, in milliseconds.
    last_sweep: i64,
}

impl SqliteInbox {
    /// Opens the database of an inbox, and creates it if it does not exist.
    ///
    /// The inbox uses the table `eventkit_inbox`, so the database may contain other tables. This
    /// function blocks: call it before the service runs.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened or written, or is not a database.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SqliteInboxError> {
        let path = path.as_ref().to_owned();
        let connection = Connection::open(&path).and_then(|connection| {
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.execute_batch(SCHEMA)?;
            Ok(connection)
        });
        let connection = connection.map_err(|source| failed(&path, "open", source))?;
        let store = Store {
            connection,
            last_sweep: 0,
        };
        Ok(Self {
            path,
            window: Duration::from_hours(7 * 24),
            store: Arc::new(Mutex::new(store)),
        })
    }

    /// Sets how long the inbox remembers an event; one week by default.
    ///
    /// The window has to be longer than the time in which the transport may redeliver an event.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Runs an operation on the database on a thread for blocking work.
    fn run<'a, T: Send + 'static>(
        &'a self,
        operation: &'static str,
        key: InboxKey<'a>,
        work: impl FnOnce(&Connection, [&str; 3], Now) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'a, Result<T, BoxError>> {
        let key = [key.source, key.id, key.handler].map(str::to_owned);
        let (store, window) = (Arc::clone(&self.store), millis(self.window));
        Box::pin(async move {
            let result = spawn_blocking(move || {
                let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
                let now = Now::new(window);
                store.sweep(&now)?;
                work(&store.connection, key.each_ref().map(String::as_str), now)
            });
            let result = result.await?;
            result.map_err(|source| failed(&self.path, operation, source).into())
        })
    }
}

/// The current time and the window, in milliseconds.
struct Now {
    at: i64,
    /// The time since which events are remembered.
    remembered_since: i64,
    window: i64,
}

impl Now {
    fn new(window: i64) -> Self {
        // A clock before 1970 counts as one that stands still there.
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let at = since.map_or(0, millis);
        Self {
            at,
            remembered_since: at.saturating_sub(window),
            window,
        }
    }
}

impl Store {
    /// Deletes expired entries, ten times in each window.
    fn sweep(&mut self, now: &Now) -> rusqlite::Result<()> {
        if now.at.saturating_sub(self.last_sweep) < now.window / 10 {
            return Ok(());
        }
        self.connection
            .prepare_cached(DELETE_EXPIRED)?
            .execute([now.remembered_since])?;
        self.last_sweep = now.at;
        Ok(())
    }
}

impl Inbox for SqliteInbox {
    fn claim<'a>(
        &'a self,
        key: InboxKey<'a>,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, BoxError>> {
        self.run(
            "query",
            key,
            move |connection, [source, id, handler], now| {
                let until = now.at.saturating_add(millis(lease));
                let row = params![source, id, handler, until, now.at, now.remembered_since];
                let mut claim = connection.prepare_cached(CLAIM)?;
                if claim.query_row(row, |_| Ok(())).optional()?.is_some() {
                    return Ok(Claim::Granted);
                }
                let mut is_done = connection.prepare_cached(IS_DONE)?;
                let is_done = is_done.query_row([source, id, handler], |row| row.get(0));
                // It may have been released since; whoever asks again gets it.
                Ok(if is_done.optional()?.unwrap_or(false) {
                    Claim::Completed
                } else {
                    Claim::InProgress
                })
            },
        )
    }

    fn complete<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>> {
        self.run("update", key, |connection, [source, id, handler], now| {
            let mut complete = connection.prepare_cached(COMPLETE)?;
            complete.execute(params![source, id, handler, now.at])?;
            Ok(())
        })
    }

    fn release<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>> {
        self.run("update", key, |connection, key, _| {
            connection.prepare_cached(RELEASE)?.execute(key)?;
            Ok(())
        })
    }
}

impl fmt::Debug for SqliteInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteInbox")
            .field("path", &self.path)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn failed(path: &Path, operation: &'static str, source: rusqlite::Error) -> SqliteInboxError {
    let path = path.display().to_string();
    SqliteInboxError {
        path,
        operation,
        source,
    }
}
