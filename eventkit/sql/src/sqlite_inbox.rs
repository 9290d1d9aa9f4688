//! An inbox in an SQLite file.

use std::path::Path;
use std::time::Duration;

use sqlx::Sqlite;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::error::{SqlError, SqlErrorKind};
use crate::inbox::SqlInbox;
use crate::store::SqlStore;

/// How long to wait for a lock that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An [`Inbox`](eventkit_service::Inbox) in an SQLite database.
///
/// [`open`](SqlInbox::open) opens a separate file, for programs that otherwise do not use SQLite.
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
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let key = InboxKey::new("/shop", "A-1", "billing--receipt");
/// let lease = Duration::from_secs(60);
///
/// let inbox = SqliteInbox::open(&path).await?;
/// assert!(matches!(inbox.claim(key, lease).await?, Claim::Granted(_)));
/// inbox.complete(key).await?;
/// drop(inbox);
///
/// let inbox = SqliteInbox::open(&path).await?;
/// assert_eq!(inbox.claim(key, lease).await?, Claim::Completed);
/// # Ok::<(), eventkit::BoxError>(())
/// # }).map_err(|error| error.to_string())?;
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type SqliteInbox = SqlInbox<Sqlite>;

impl SqlInbox<Sqlite> {
    /// Opens an inbox file, and creates it if it does not exist.
    ///
    /// All processes of a machine may share the file. Transactions are written with `synchronous =
    /// NORMAL`, so they survive a crash of the process. A power failure may lose the latest ones;
    /// their events are then handled again if they are redelivered.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened or written, or is not a database.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, SqlError> {
        let path = path.as_ref();
        let failed = |source| SqlErrorKind::Open {
            path: path.display().to_string(),
            source,
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_TIMEOUT);
        // Waiting operations are executed together, so a second connection would not be used.
        let pool = SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect_with(options).await.map_err(failed)?;
        let store = SqlStore::new(pool);
        store.migrate().await?;
        Ok(store.inbox())
    }
}
