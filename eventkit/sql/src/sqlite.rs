//! An inbox that outlives the process.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};
use thiserror::Error;
use tokio::task::spawn_blocking;

use eventkit::BoxError;
use eventkit::transport::BoxFuture;
use eventkit_service::{Claim, Inbox, InboxKey};

/// How long another process may hold the file before that is an error.
const BUSY: Duration = Duration::from_secs(5);

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

/// Takes the place of nobody, of who has not finished in time, or of who did so too long ago.
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
const FORGET: &str = "DELETE FROM eventkit_inbox WHERE coalesce(done_at, leased_until) <= ?1";

/// Is an [`Inbox`] in a file of `SQLite`: for duplicates that any process of a machine sees, also
/// after a restart (feature `sqlite`).
///
/// Its times are those of the system's clock. Each question is a transaction of its own, written
/// with `synchronous = NORMAL`: it outlives the process, and after a power failure the newest may
/// be gone, so that their events run once more if they come again. Several processes may share a
/// file, on one machine. A clone is the same inbox.
///
/// ```
/// use std::time::Duration;
/// use eventkit_service::{Claim, Inbox, InboxKey, SqliteInbox};
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

/// Says what an inbox could not do with its file.
#[derive(Debug, Error)]
#[error("the inbox {path} could not be {what}")]
pub struct SqliteInboxError {
    path: String,
    what: &'static str,
    source: rusqlite::Error,
}

struct Store {
    connection: Connection,
    /// When old entries were last removed, in milliseconds.
    swept: i64,
}

impl SqliteInbox {
    /// Opens the file of an inbox, and makes it where it is absent; it remembers an event for a
    /// week unless [`window`](Self::window) says otherwise.
    ///
    /// The file may hold other tables: the one of the inbox is `eventkit_inbox`. This waits for the
    /// disk, so call it before the service runs.
    ///
    /// # Errors
    ///
    /// Where the file cannot be opened or written, or is no database.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SqliteInboxError> {
        let path = path.as_ref().to_owned();
        let connection = Connection::open(&path).and_then(|connection| {
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.execute_batch(SCHEMA)?;
            Ok(connection)
        });
        let connection = connection.map_err(|source| failed(&path, "opened", source))?;
        let store = Store {
            connection,
            swept: 0,
        };
        Ok(Self {
            path,
            window: Duration::from_hours(7 * 24),
            store: Arc::new(Mutex::new(store)),
        })
    }

    /// Sets how long it remembers an event; longer than a broker may take to send it again.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Works on the file where that may take its time.
    fn with<'a, T: Send + 'static>(
        &'a self,
        what: &'static str,
        key: InboxKey<'a>,
        work: impl FnOnce(&Connection, [&str; 3], Now) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'a, Result<T, BoxError>> {
        let key = [key.source, key.id, key.handler].map(str::to_owned);
        let (store, window) = (Arc::clone(&self.store), millis(self.window));
        Box::pin(async move {
            let done = spawn_blocking(move || {
                let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
                let now = Now::new(window);
                store.sweep(&now)?;
                work(&store.connection, key.each_ref().map(String::as_str), now)
            });
            let done = done.await?;
            done.map_err(|source| failed(&self.path, what, source).into())
        })
    }
}

/// The present, and from when on events are remembered, in milliseconds.
struct Now {
    at: i64,
    remembered: i64,
    window: i64,
}

impl Now {
    fn new(window: i64) -> Self {
        // A clock before 1970 is as good as one that stands still there.
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let at = since.map_or(0, millis);
        Self {
            at,
            remembered: at.saturating_sub(window),
            window,
        }
    }
}

impl Store {
    /// Removes what is no longer remembered, ten times in each window.
    fn sweep(&mut self, now: &Now) -> rusqlite::Result<()> {
        if now.at.saturating_sub(self.swept) < now.window / 10 {
            return Ok(());
        }
        self.connection
            .prepare_cached(FORGET)?
            .execute([now.remembered])?;
        self.swept = now.at;
        Ok(())
    }
}

impl Inbox for SqliteInbox {
    fn claim<'a>(
        &'a self,
        key: InboxKey<'a>,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, BoxError>> {
        self.with(
            "asked",
            key,
            move |connection, [source, id, handler], now| {
                let until = now.at.saturating_add(millis(lease));
                let row = params![source, id, handler, until, now.at, now.remembered];
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
        self.with("told", key, |connection, [source, id, handler], now| {
            let mut complete = connection.prepare_cached(COMPLETE)?;
            complete.execute(params![source, id, handler, now.at])?;
            Ok(())
        })
    }

    fn release<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>> {
        self.with("told", key, |connection, key, _| {
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

fn failed(path: &Path, what: &'static str, source: rusqlite::Error) -> SqliteInboxError {
    let path = path.display().to_string();
    SqliteInboxError { path, what, source }
}
