//! An inbox in a SQLite database.

mod clock;
mod store;
mod worker;

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::BoxFuture;
use eventkit_service::{Claim, ClaimToken, Inbox, InboxKey};
use thiserror::Error;

use self::clock::Clock;
use self::store::{Entries, Key, Store};
use self::worker::Worker;

/// An [`Inbox`] in a SQLite database, which detects duplicates across restarts and processes.
///
/// All processes on one machine may share a database file. Clones are the same inbox.
///
/// Leases and the window are measured by the time that passes while a process has the file open. If
/// the system clock of a process is wrong or is changed, this ends none of them early.
///
/// A dedicated thread works on the database, so the inbox does not use the blocking threads of the
/// runtime. Calls that wait at the same time share a transaction, and fail together. Transactions
/// are written with `synchronous = NORMAL`: they survive a crash of the process. A power failure
/// may lose the latest ones; their events are handled again if they are redelivered.
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
/// assert!(matches!(inbox.claim(key, lease).await?, Claim::Granted(_)));
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
    worker: Worker,
}

/// The error of a [`SqliteInbox`].
#[derive(Debug, Error)]
#[error("failed to {operation} the inbox {path}")]
pub struct SqliteInboxError {
    path: String,
    operation: &'static str,
    source: BoxError,
}

impl SqliteInbox {
    /// Opens the database of an inbox, and creates it if it does not exist.
    ///
    /// The inbox uses the tables `eventkit_inbox` and `eventkit_inbox_state`; the database may
    /// contain other tables. This function blocks, so call it before the service runs.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened or written, or is not a SQLite database.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SqliteInboxError> {
        let path = path.as_ref().to_owned();
        if path.as_os_str().is_empty() {
            // For an empty path, SQLite would open a temporary database, which is deleted when it
            // is closed.
            let source = io::Error::new(io::ErrorKind::InvalidInput, "its path is empty");
            return Err(failed(&path, "open", source));
        }
        let store = Store::open(&path, Clock::monotonic());
        let store = store.map_err(|source| failed(&path, "open", source))?;
        let worker = Worker::start(store);
        let worker = worker.map_err(|source| failed(&path, "start the thread of", source))?;
        Ok(Self {
            path,
            window: Duration::from_hours(7 * 24),
            worker,
        })
    }

    /// Sets how long the inbox remembers a completed event; one week by default.
    ///
    /// The window must be longer than the time in which the transport may redeliver an event.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Runs an operation on the entry with a key.
    fn run<'a, T: Send + 'static>(
        &'a self,
        operation: &'static str,
        key: InboxKey<'a>,
        work: impl Fn(&mut Entries<'_>, &Key) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'a, Result<T, BoxError>> {
        let key = [key.source, key.id, key.handler].map(str::to_owned);
        Box::pin(async move {
            let output = self.worker.run(move |entries| work(entries, &key)).await;
            output.map_err(|source| failed(&self.path, operation, source).into())
        })
    }
}

impl Inbox for SqliteInbox {
    fn claim<'a>(
        &'a self,
        key: InboxKey<'a>,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, BoxError>> {
        let window = self.window;
        self.run("query", key, move |entries, key| {
            entries.claim(key, lease, window)
        })
    }

    fn renew<'a>(
        &'a self,
        key: InboxKey<'a>,
        token: ClaimToken,
        lease: Duration,
    ) -> BoxFuture<'a, Result<bool, BoxError>> {
        self.run("update", key, move |entries, key| {
            entries.renew(key, token, lease)
        })
    }

    fn complete<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>> {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method has one lifetime, the closure has to accept any"
        )]
        self.run("update", key, |entries, key| entries.complete(key))
    }

    fn release<'a>(
        &'a self,
        key: InboxKey<'a>,
        token: ClaimToken,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        self.run("update", key, move |entries, key| {
            entries.release(key, token)
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

fn failed(
    path: &Path,
    operation: &'static str,
    source: impl StdError + Send + Sync + 'static,
) -> SqliteInboxError {
    SqliteInboxError {
        path: path.display().to_string(),
        operation,
        source: source.into(),
    }
}
