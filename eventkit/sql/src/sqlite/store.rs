//! The tables of an inbox, and the operations on its entries.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use eventkit_service::{Claim, ClaimToken};
use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params,
};

use super::clock::{Clock, millis, system_time};

/// How long to wait for a lock of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The interval between retries of operations for which SQLite itself does not wait.
const BUSY_INTERVAL: Duration = Duration::from_millis(20);

/// The interval, in milliseconds, at which the clock is written to the database. A process that
/// dies loses up to this much time; in return, most transactions need not write the clock.
const CLOCK_INTERVAL: i64 = 100;

/// The size of the page cache, in KiB with a minus sign: it holds the keys of most databases, so
/// that they are read only once.
const CACHE_SIZE: i64 = -32 * 1024;

/// The number of pages in the write-ahead log, of 4 KiB each, after which they are copied into the
/// database. Each copy waits for the disk.
const CHECKPOINT_PAGES: i64 = 4000;

/// All times are those of the [`Clock`], which is stored in the state table.
///
/// Entries are in the order of their claims, so that entries of the same time share pages. Only the
/// key of each entry is at a random place.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS eventkit_inbox (
        entry INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        id TEXT NOT NULL,
        handler TEXT NOT NULL,
        leased_until INTEGER NOT NULL,
        done_at INTEGER,
        token INTEGER NOT NULL DEFAULT 0,
        UNIQUE (id, source, handler)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS eventkit_inbox_state (
        row INTEGER PRIMARY KEY CHECK (row = 1),
        now INTEGER NOT NULL
    ) STRICT;
";
/// Former versions had neither tokens nor an order of entries, and used the times of the system
/// clock.
const RENAME_FORMER: &str = "ALTER TABLE eventkit_inbox RENAME TO eventkit_inbox_former";
const COPY_FORMER: &str = "
    INSERT INTO eventkit_inbox (source, id, handler, leased_until, done_at)
        SELECT source, id, handler, leased_until, done_at FROM eventkit_inbox_former
        ORDER BY coalesce(done_at, leased_until);
    DROP TABLE eventkit_inbox_former";
const HAS_STATE: &str = "SELECT EXISTS (SELECT 1 FROM eventkit_inbox_state)";
/// Starts the clock at the latest completion in a table that is older than the clock, unless that
/// time is in the future.
const CREATE_STATE: &str = "
    INSERT INTO eventkit_inbox_state (row, now)
        SELECT 1, min(?1, coalesce(max(done_at), ?1)) FROM eventkit_inbox";
const READ_STATE: &str = "SELECT now FROM eventkit_inbox_state";
const WRITE_STATE: &str = "UPDATE eventkit_inbox_state SET now = ?1";

/// Inserts a claim, or takes over one whose lease has expired or whose completion is older than the
/// window. A claim that is taken over moves to the end of the order.
const CLAIM: &str = "
    INSERT INTO eventkit_inbox (source, id, handler, leased_until, token) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET entry = (SELECT max(entry) + 1 FROM eventkit_inbox),
            leased_until = ?4, token = ?5, done_at = NULL
        WHERE CASE WHEN done_at IS NULL THEN leased_until <= ?6 ELSE done_at <= ?7 END
    RETURNING 1";
const IS_COMPLETED: &str = "
    SELECT done_at IS NOT NULL FROM eventkit_inbox
    WHERE source = ?1 AND id = ?2 AND handler = ?3";
const RENEW: &str = "
    UPDATE eventkit_inbox SET leased_until = ?5
    WHERE source = ?1 AND id = ?2 AND handler = ?3 AND token = ?4 AND done_at IS NULL";
const COMPLETE: &str = "
    INSERT INTO eventkit_inbox (source, id, handler, leased_until, done_at)
        VALUES (?1, ?2, ?3, ?4, ?4)
    ON CONFLICT DO UPDATE SET done_at = ?4";
const RELEASE: &str = "
    DELETE FROM eventkit_inbox
    WHERE source = ?1 AND id = ?2 AND handler = ?3 AND token = ?4 AND done_at IS NULL";
/// Deletes all entries before the first one that has not expired.
const DELETE_EXPIRED: &str = "
    DELETE FROM eventkit_inbox WHERE entry < coalesce(
        (SELECT entry FROM eventkit_inbox WHERE coalesce(done_at, leased_until) > ?1
            ORDER BY entry LIMIT 1),
        9223372036854775807)";

/// A connection to the database of an inbox.
#[derive(Debug)]
pub(super) struct Store {
    connection: Connection,
    clock: Clock,
    /// The time at which this process last deleted expired entries.
    last_sweep: i64,
}

/// The entries of an inbox, within a transaction.
#[derive(Debug)]
pub(super) struct Entries<'t> {
    transaction: Transaction<'t>,
    now: i64,
    last_sweep: i64,
}

/// The source, id and handler of an entry.
pub(super) type Key = [String; 3];

impl Store {
    /// Opens a database, and creates or updates its tables.
    pub(super) fn open(path: &Path, clock: Clock) -> rusqlite::Result<Self> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        use_write_ahead_log(&connection)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "cache_size", CACHE_SIZE)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let is_former = transaction.table_exists(None, "eventkit_inbox")?
            && !transaction.column_exists(None, "eventkit_inbox", "entry")?;
        if is_former {
            transaction.execute_batch(RENAME_FORMER)?;
        }
        transaction.execute_batch(SCHEMA)?;
        if is_former {
            transaction.execute_batch(COPY_FORMER)?;
        }
        if !transaction.query_row(HAS_STATE, [], |row| row.get(0))? {
            transaction.execute(CREATE_STATE, [system_time()])?;
        }
        transaction.commit()?;
        let mut store = Self {
            connection,
            clock,
            last_sweep: i64::MIN,
        };
        // Starts to measure time now, rather than at the first operation.
        store.transaction(|_| Ok(()))?;
        Ok(store)
    }

    /// Calls a function with the entries, in a transaction that is committed afterwards.
    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Entries<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let stored = transaction
            .prepare_cached(READ_STATE)?
            .query_row([], |row| row.get(0))?;
        let reading = self.clock.read(stored);
        if reading.time.saturating_sub(stored) >= CLOCK_INTERVAL {
            let mut write = transaction.prepare_cached(WRITE_STATE)?;
            write.execute([reading.time])?;
        }
        let mut entries = Entries {
            transaction,
            now: reading.time,
            last_sweep: self.last_sweep,
        };
        let output = work(&mut entries)?;
        let Entries {
            transaction,
            last_sweep,
            ..
        } = entries;
        transaction.commit()?;
        self.clock.set(reading);
        self.last_sweep = last_sweep;
        Ok(output)
    }
}

/// Sets the journal mode. Other processes that open a new database do the same, and SQLite does not
/// wait for their locks here.
fn use_write_ahead_log(connection: &Connection) -> rusqlite::Result<()> {
    let start = Instant::now();
    loop {
        let set = connection.pragma_update(None, "journal_mode", "WAL");
        let is_busy =
            |error: &rusqlite::Error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
        if !set.as_ref().is_err_and(is_busy) || start.elapsed() >= BUSY_TIMEOUT {
            return set;
        }
        thread::sleep(BUSY_INTERVAL);
    }
}

impl Entries<'_> {
    /// Claims an event, unless it is claimed, or was completed within the window.
    pub(super) fn claim(
        &mut self,
        [source, id, handler]: &Key,
        lease: Duration,
        window: Duration,
    ) -> rusqlite::Result<Claim> {
        let window = millis(window);
        self.sweep(window)?;
        let token = ClaimToken::random();
        let until = self.now.saturating_add(millis(lease));
        let remembered_since = self.now.saturating_sub(window);
        let number = token.get().cast_signed();
        let row = params![
            source,
            id,
            handler,
            until,
            number,
            self.now,
            remembered_since
        ];
        let mut claim = self.transaction.prepare_cached(CLAIM)?;
        if claim.query_row(row, |_| Ok(())).optional()?.is_some() {
            return Ok(Claim::Granted(token));
        }
        let mut is_completed = self.transaction.prepare_cached(IS_COMPLETED)?;
        let is_completed = is_completed.query_row([source, id, handler], |row| row.get(0));
        Ok(if is_completed? {
            Claim::Completed
        } else {
            Claim::InProgress
        })
    }

    /// Renews a claim; returns whether the claim has this token.
    pub(super) fn renew(
        &mut self,
        [source, id, handler]: &Key,
        token: ClaimToken,
        lease: Duration,
    ) -> rusqlite::Result<bool> {
        let until = self.now.saturating_add(millis(lease));
        let row = params![source, id, handler, token.get().cast_signed(), until];
        let mut renew = self.transaction.prepare_cached(RENEW)?;
        Ok(renew.execute(row)? > 0)
    }

    /// Records a completion, regardless of the current claim.
    pub(super) fn complete(&mut self, [source, id, handler]: &Key) -> rusqlite::Result<()> {
        let mut complete = self.transaction.prepare_cached(COMPLETE)?;
        complete.execute(params![source, id, handler, self.now])?;
        Ok(())
    }

    /// Deletes a claim, if it has this token.
    pub(super) fn release(
        &mut self,
        [source, id, handler]: &Key,
        token: ClaimToken,
    ) -> rusqlite::Result<()> {
        let mut release = self.transaction.prepare_cached(RELEASE)?;
        release.execute(params![source, id, handler, token.get().cast_signed()])?;
        Ok(())
    }

    /// Deletes expired entries, ten times per window.
    fn sweep(&mut self, window: i64) -> rusqlite::Result<()> {
        if self.now.saturating_sub(self.last_sweep) < window / 10 {
            return Ok(());
        }
        let mut delete = self.transaction.prepare_cached(DELETE_EXPIRED)?;
        delete.execute([self.now.saturating_sub(window)])?;
        self.last_sweep = self.now;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
