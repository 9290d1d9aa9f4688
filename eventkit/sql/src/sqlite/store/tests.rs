use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, LazyLock};
use std::{env, fs, process, thread};

use super::*;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const WINDOW: Duration = Duration::from_hours(7 * 24);

static KEY: LazyLock<Key> = LazyLock::new(|| ["/shop", "A-1", "billing"].map(str::to_owned));

/// A database file that several processes open.
struct File(PathBuf);

/// A process that has a database open, with its own monotonic clock.
struct Process {
    store: Store,
    uptime: Arc<AtomicU64>,
}

impl File {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("eventkit-store-{}-{number}", process::id());
        let folder = env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("inbox.sqlite")
    }

    /// Opens the database in a process with this uptime.
    fn open(&self, uptime: Duration) -> Process {
        let uptime = Arc::new(AtomicU64::new(micros(uptime)));
        let shared = Arc::clone(&uptime);
        let clock = Clock::new(move || Duration::from_micros(shared.load(Ordering::Relaxed)));
        let store = Store::open(&self.path(), clock).unwrap();
        Process { store, uptime }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Process {
    fn pass(&self, time: Duration) {
        self.uptime.fetch_add(micros(time), Ordering::Relaxed);
    }

    fn claim(&mut self, lease: Duration) -> Claim {
        let claim = |entries: &mut Entries<'_>| entries.claim(&KEY, lease, WINDOW);
        self.store.transaction(claim).unwrap()
    }

    fn granted(&mut self, lease: Duration) -> ClaimToken {
        match self.claim(lease) {
            Claim::Granted(token) => token,
            other => panic!("{other:?}"),
        }
    }

    fn complete(&mut self) {
        let complete = |entries: &mut Entries<'_>| entries.complete(&KEY);
        self.store.transaction(complete).unwrap();
    }

    fn now(&mut self) -> i64 {
        let now = |entries: &mut Entries<'_>| Ok(entries.now);
        self.store.transaction(now).unwrap()
    }
}

fn micros(time: Duration) -> u64 {
    time.as_micros().try_into().unwrap()
}

#[test]
fn a_process_whose_clock_is_days_ahead_takes_over_no_claim_and_deletes_no_entry() {
    let file = File::new();
    let mut first = file.open(MINUTE);
    let mut ahead = file.open(8 * DAY);
    first.granted(MINUTE);
    first.pass(MINUTE / 2);
    ahead.pass(MINUTE / 2);
    assert_eq!(ahead.claim(MINUTE), Claim::InProgress);
    first.complete();
    let mut later = file.open(16 * DAY);
    assert_eq!(ahead.claim(MINUTE), Claim::Completed);
    assert_eq!(later.claim(MINUTE), Claim::Completed);
    assert_eq!(first.claim(MINUTE), Claim::Completed);
}

#[test]
fn leases_and_the_window_end_after_the_time_that_passes_in_any_process() {
    let file = File::new();
    let (mut first, mut second) = (file.open(DAY), file.open(MINUTE));
    let stale = first.granted(MINUTE);
    second.pass(MINUTE / 2);
    // Both processes measure the same time, which must not count twice.
    first.pass(MINUTE / 2);
    assert_eq!(first.claim(MINUTE), Claim::InProgress);
    assert_eq!(second.claim(MINUTE), Claim::InProgress);
    second.pass(MINUTE / 2);
    let fresh = second.granted(MINUTE);
    assert_ne!(stale, fresh);
    second.complete();
    second.pass(6 * DAY);
    assert_eq!(second.claim(MINUTE), Claim::Completed);
    second.pass(DAY);
    second.granted(MINUTE);
}

#[test]
fn the_clock_goes_on_after_a_restart() {
    let file = File::new();
    let mut first = file.open(8 * DAY);
    first.granted(2 * MINUTE);
    first.pass(MINUTE);
    first.complete();
    let at = first.now();
    drop(first);
    let mut second = file.open(Duration::ZERO);
    assert_eq!(second.now(), at);
    second.pass(MINUTE);
    assert_eq!(second.now(), at + 60_000);
}

#[test]
fn frequent_transactions_do_not_slow_the_clock() {
    let file = File::new();
    let (mut first, mut second) = (file.open(MINUTE), file.open(DAY));
    let start = first.now();
    for _ in 0..1_000 {
        for process in [&mut first, &mut second] {
            process.pass(Duration::from_micros(300));
            process.complete();
        }
    }
    assert_eq!(first.now(), start + 300);
}

#[test]
fn a_transaction_that_fails_changes_nothing() {
    let file = File::new();
    let mut process = file.open(MINUTE);
    let failed = process.store.transaction(|entries| {
        entries.complete(&KEY)?;
        Err::<(), _>(rusqlite::Error::InvalidQuery)
    });
    assert!(failed.is_err());
    process.granted(MINUTE);
}

#[test]
fn expired_entries_are_deleted_and_what_is_remembered_stays() {
    let file = File::new();
    let mut process = file.open(MINUTE);
    let claim = |process: &mut Process, id: &str, lease| {
        let key = ["/shop", id, "billing"].map(str::to_owned);
        let claim = |entries: &mut Entries<'_>| entries.claim(&key, lease, WINDOW);
        process.store.transaction(claim).unwrap()
    };
    let ids = |process: &mut Process| -> Vec<String> {
        let ids = "SELECT id FROM eventkit_inbox ORDER BY entry";
        let mut ids = process.store.connection.prepare(ids).unwrap();
        let ids = ids.query_map([], |row| row.get(0)).unwrap();
        ids.map(Result::unwrap).collect()
    };
    for (id, lease) in [("first", MINUTE), ("long", 9 * DAY), ("last", MINUTE)] {
        claim(&mut process, id, lease);
    }
    process.pass(8 * DAY);
    claim(&mut process, "new", MINUTE);
    assert_eq!(ids(&mut process), ["long", "last", "new"]);
    process.pass(8 * DAY + MINUTE);
    claim(&mut process, "newer", MINUTE);
    assert_eq!(ids(&mut process), ["newer"]);
}

#[test]
fn an_entry_that_is_claimed_again_and_again_keeps_no_others() {
    let file = File::new();
    let mut process = file.open(MINUTE);
    process.granted(MINUTE);
    process.complete();
    let other = ["/shop", "other", "billing"].map(str::to_owned);
    let claim = |entries: &mut Entries<'_>| entries.claim(&other, MINUTE, WINDOW);
    process.store.transaction(claim).unwrap();
    // Its event is delivered again right after each window, and before the next sweep.
    for _ in 0..2 {
        process.pass(6 * DAY + DAY / 4 * 3);
        assert_eq!(process.claim(MINUTE), Claim::Completed);
        process.pass(DAY / 4);
        process.granted(MINUTE);
        process.complete();
    }
    let count = "SELECT count(*) FROM eventkit_inbox";
    let count = process
        .store
        .connection
        .query_row(count, [], |row| row.get::<_, i64>(0));
    assert_eq!(count, Ok(1));
}

/// Creates a database of a former version, without tokens and clock.
fn create_former(file: &File, rows: &[(&str, i64, Option<i64>)]) {
    let connection = Connection::open(file.path()).unwrap();
    let schema = "
        CREATE TABLE eventkit_inbox (
            source TEXT NOT NULL,
            id TEXT NOT NULL,
            handler TEXT NOT NULL,
            leased_until INTEGER NOT NULL,
            done_at INTEGER,
            PRIMARY KEY (source, id, handler)
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX eventkit_inbox_ends ON eventkit_inbox (coalesce(done_at, leased_until));";
    connection.execute_batch(schema).unwrap();
    let insert = "INSERT INTO eventkit_inbox VALUES ('/shop', ?1, 'billing', ?2, ?3)";
    for (id, leased_until, done_at) in rows {
        let row = params![id, leased_until, done_at];
        connection.execute(insert, row).unwrap();
    }
}

#[test]
fn a_file_of_the_former_shape_keeps_its_completions() {
    let file = File::new();
    let yesterday = system_time() - millis(DAY);
    create_former(
        &file,
        &[
            ("A-1", yesterday, Some(yesterday)),
            ("ahead", yesterday, Some(yesterday + millis(9 * DAY))),
            ("claimed", yesterday + millis(DAY + MINUTE), None),
        ],
    );
    // Opened twice: the second time there is nothing to change.
    drop(file.open(DAY));
    let mut process = file.open(MINUTE);
    assert_eq!(process.claim(MINUTE), Claim::Completed);
    let claim = |process: &mut Process, id: &str| {
        let key = ["/shop", id, "billing"].map(str::to_owned);
        let claim = |entries: &mut Entries<'_>| entries.claim(&key, MINUTE, WINDOW);
        process.store.transaction(claim).unwrap()
    };
    assert_eq!(claim(&mut process, "ahead"), Claim::Completed);
    assert_eq!(claim(&mut process, "claimed"), Claim::InProgress);
    process.pass(2 * MINUTE);
    assert!(matches!(claim(&mut process, "claimed"), Claim::Granted(_)));
}

#[test]
fn what_idled_in_the_former_shape_is_not_too_old_for_it() {
    let file = File::new();
    let long_ago = system_time() - millis(30 * DAY);
    create_former(&file, &[("A-1", long_ago, Some(long_ago))]);
    assert_eq!(file.open(MINUTE).claim(MINUTE), Claim::Completed);
}

#[test]
fn processes_may_create_a_database_at_the_same_time() {
    for _ in 0..30 {
        let file = File::new();
        let together = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    file.open(Duration::ZERO).claim(MINUTE);
                });
            }
        });
    }
}
