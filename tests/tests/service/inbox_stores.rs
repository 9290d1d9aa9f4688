//! Inboxes: what each of them promises, and what the one in a file does beside that.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs, process};

use eventkit_service::{Claim, ClaimToken, Inbox, InboxKey, MemoryInbox};
use eventkit_sql::SqliteInbox;
use tokio::time::{sleep, timeout};

const LEASE: Duration = Duration::from_mins(1);
const MOMENT: Duration = Duration::from_millis(40);

/// A folder for one test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("eventkit-inbox-{}-{number}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("inbox.sqlite")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key(id: &str) -> InboxKey<'_> {
    InboxKey::new("/shop", id, "billing--receipt")
}

/// Claims an event that nobody has claimed, and returns the token.
async fn granted(inbox: &dyn Inbox, key: InboxKey<'_>, lease: Duration) -> ClaimToken {
    match inbox.claim(key, lease).await.unwrap() {
        Claim::Granted(token) => token,
        other => panic!("{key:?}: {other:?}"),
    }
}

async fn each_event_is_granted_once(inbox: &dyn Inbox) {
    let token = granted(inbox, key("1"), LEASE).await;
    assert_eq!(
        inbox.claim(key("1"), LEASE).await.unwrap(),
        Claim::InProgress
    );
    inbox.complete(key("1")).await.unwrap();
    assert_eq!(
        inbox.claim(key("1"), LEASE).await.unwrap(),
        Claim::Completed
    );
    // What is done stays done.
    inbox.release(key("1"), token).await.unwrap();
    assert!(!inbox.renew(key("1"), token, LEASE).await.unwrap());
    assert_eq!(
        inbox.claim(key("1"), LEASE).await.unwrap(),
        Claim::Completed
    );
}

async fn keys_are_told_apart(inbox: &dyn Inbox) {
    for key in [
        InboxKey::new("/a", "b", "c"),
        InboxKey::new("/a", "b", "d"),
        InboxKey::new("/a", "x", "c"),
        InboxKey::new("/b", "b", "c"),
        InboxKey::new("/ab", "", "c"),
        InboxKey::new("/a", "B", "c"),
        InboxKey::new("/a", "b'; DROP TABLE eventkit_inbox; --", "c"),
        InboxKey::new("/\u{fc}\u{1f980}", "\0", ""),
    ] {
        granted(inbox, key, LEASE).await;
        inbox.complete(key).await.unwrap();
        assert_eq!(
            inbox.claim(key, LEASE).await.unwrap(),
            Claim::Completed,
            "{key:?}"
        );
    }
}

async fn a_claim_ends_when_it_is_released_or_its_lease_ends(inbox: &dyn Inbox) {
    let token = granted(inbox, key("2"), LEASE).await;
    inbox.release(key("2"), token).await.unwrap();
    granted(inbox, key("2"), MOMENT).await;
    sleep(2 * MOMENT).await;
    granted(inbox, key("2"), LEASE).await;
    let claim = inbox.claim(key("2"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::InProgress);
}

async fn a_claim_that_is_renewed_lasts(inbox: &dyn Inbox) {
    let token = granted(inbox, key("5"), MOMENT).await;
    assert!(inbox.renew(key("5"), token, LEASE).await.unwrap());
    sleep(2 * MOMENT).await;
    let claim = inbox.claim(key("5"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::InProgress);
    // Also one that has expired, if nobody has claimed the event meanwhile.
    let token = granted(inbox, key("6"), Duration::ZERO).await;
    assert!(inbox.renew(key("6"), token, LEASE).await.unwrap());
    let claim = inbox.claim(key("6"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::InProgress);
}

async fn an_expired_claim_does_not_touch_the_next_one(inbox: &dyn Inbox) {
    let first = granted(inbox, key("7"), Duration::ZERO).await;
    let second = granted(inbox, key("7"), LEASE).await;
    assert_ne!(first, second);
    assert!(!inbox.renew(key("7"), first, LEASE).await.unwrap());
    inbox.release(key("7"), first).await.unwrap();
    let claim = inbox.claim(key("7"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::InProgress, "the second claim is still there");
    assert!(inbox.renew(key("7"), second, LEASE).await.unwrap());
    inbox.release(key("7"), second).await.unwrap();
    // Nor does a claim that was released touch the one after it.
    let third = granted(inbox, key("7"), LEASE).await;
    inbox.release(key("7"), second).await.unwrap();
    assert!(inbox.renew(key("7"), third, LEASE).await.unwrap());
}

async fn a_completion_counts_after_the_lease_and_beside_another_claim(inbox: &dyn Inbox) {
    granted(inbox, key("8"), Duration::ZERO).await;
    let second = granted(inbox, key("8"), LEASE).await;
    // By the first one.
    inbox.complete(key("8")).await.unwrap();
    let claim = inbox.claim(key("8"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::Completed);
    assert!(!inbox.renew(key("8"), second, LEASE).await.unwrap());
    // The handler of the second one fails.
    inbox.release(key("8"), second).await.unwrap();
    let claim = inbox.claim(key("8"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::Completed);
}

async fn what_nobody_claimed_can_be_settled(inbox: &dyn Inbox) {
    let token = ClaimToken::new(u64::MAX);
    inbox.release(key("3"), token).await.unwrap();
    assert!(!inbox.renew(key("3"), token, LEASE).await.unwrap());
    inbox.complete(key("3")).await.unwrap();
    assert_eq!(
        inbox.claim(key("3"), LEASE).await.unwrap(),
        Claim::Completed
    );
}

async fn an_event_is_forgotten_after_the_window(inbox: &dyn Inbox) {
    inbox.claim(key("4"), LEASE).await.unwrap();
    inbox.complete(key("4")).await.unwrap();
    assert_eq!(
        inbox.claim(key("4"), LEASE).await.unwrap(),
        Claim::Completed
    );
    sleep(Duration::from_millis(400)).await;
    granted(inbox, key("4"), LEASE).await;
}

async fn all(inbox: &dyn Inbox) {
    each_event_is_granted_once(inbox).await;
    keys_are_told_apart(inbox).await;
    a_claim_ends_when_it_is_released_or_its_lease_ends(inbox).await;
    a_claim_that_is_renewed_lasts(inbox).await;
    an_expired_claim_does_not_touch_the_next_one(inbox).await;
    a_completion_counts_after_the_lease_and_beside_another_claim(inbox).await;
    what_nobody_claimed_can_be_settled(inbox).await;
}

#[tokio::test]
async fn the_inbox_in_memory() {
    all(&MemoryInbox::new()).await;
    let short = MemoryInbox::new().window(Duration::from_millis(300));
    an_event_is_forgotten_after_the_window(&short).await;
}

#[tokio::test]
async fn the_inbox_in_a_file() {
    let folder = Folder::new();
    let inbox = SqliteInbox::open(folder.file()).unwrap();
    all(&inbox).await;
    let short = inbox.window(Duration::from_millis(300));
    an_event_is_forgotten_after_the_window(&short).await;
}

#[tokio::test]
async fn a_file_outlives_the_program() {
    let folder = Folder::new();
    let inbox = SqliteInbox::open(folder.file()).unwrap();
    inbox.claim(key("done"), LEASE).await.unwrap();
    inbox.complete(key("done")).await.unwrap();
    inbox.claim(key("begun"), MOMENT).await.unwrap();
    drop(inbox);
    let inbox = SqliteInbox::open(folder.file()).unwrap();
    assert_eq!(
        inbox.claim(key("done"), LEASE).await.unwrap(),
        Claim::Completed
    );
    sleep(2 * MOMENT).await;
    // The process that began it is gone.
    granted(&inbox, key("begun"), LEASE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_ask_at_once_one_is_granted() {
    let folder = Folder::new();
    let open = || SqliteInbox::open(folder.file()).unwrap();
    // Each connection stands for a process.
    let inboxes = [open(), open(), open()];
    for round in 0..30 {
        let id = round.to_string();
        let mut asking = tokio::task::JoinSet::new();
        for inbox in inboxes.iter().cycle().take(12) {
            let (inbox, id) = (inbox.clone(), id.clone());
            asking.spawn(async move { inbox.claim(key(&id), LEASE).await.unwrap() });
        }
        let claims = asking.join_all().await;
        let granted = claims.iter();
        let granted = granted.filter(|claim| matches!(claim, Claim::Granted(_)));
        assert_eq!(granted.count(), 1, "{claims:?}");
        assert!(!claims.contains(&Claim::Completed), "{claims:?}");
    }
}

#[tokio::test]
async fn a_file_does_not_grow_without_end() {
    let folder = Folder::new();
    let inbox = SqliteInbox::open(folder.file()).unwrap();
    let inbox = inbox.window(Duration::from_millis(1));
    for number in 0..500 {
        let id = number.to_string();
        inbox.claim(key(&id), Duration::ZERO).await.unwrap();
        if number % 2 == 0 {
            inbox.complete(key(&id)).await.unwrap();
        }
    }
    assert!(rows(&folder.file()) < 500);
    sleep(MOMENT).await;
    inbox.claim(key("last"), Duration::ZERO).await.unwrap();
    assert_eq!(rows(&folder.file()), 1);
}

fn rows(path: &Path) -> u32 {
    let connection = rusqlite::Connection::open(path).unwrap();
    let count = "SELECT count(*) FROM eventkit_inbox";
    connection.query_row(count, [], |row| row.get(0)).unwrap()
}

#[test]
fn it_works_while_all_blocking_threads_hang() {
    let folder = Folder::new();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        // As a sync handler does that never ends.
        tokio::task::spawn_blocking(move || ended.recv());
        let inbox = SqliteInbox::open(folder.file()).unwrap();
        let claim = timeout(LEASE, inbox.claim(key("1"), LEASE)).await;
        let claim = claim.expect("the inbox does not hang too").unwrap();
        assert!(matches!(claim, Claim::Granted(_)), "{claim:?}");
        drop(end);
    });
}

#[tokio::test]
async fn a_transaction_that_fails_is_an_error_of_each_call() {
    let folder = Folder::new();
    let inbox = SqliteInbox::open(folder.file()).unwrap();
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other.execute_batch("DROP TABLE eventkit_inbox").unwrap();
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..20 {
        let inbox = inbox.clone();
        asking.spawn(async move { inbox.complete(key(&number.to_string())).await });
    }
    let path = folder.file().display().to_string();
    for answer in asking.join_all().await {
        let error = answer.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("failed to update the inbox {path}")
        );
        assert!(
            error
                .source()
                .unwrap()
                .to_string()
                .contains("no such table")
        );
    }
}

#[test]
fn what_is_no_database_is_an_error_that_names_the_file() {
    let folder = Folder::new();
    fs::write(
        folder.file(),
        "no database, and more than one page of it\n".repeat(200),
    )
    .unwrap();
    let error = SqliteInbox::open(folder.file()).unwrap_err();
    let path = folder.file().display().to_string();
    assert_eq!(
        error.to_string(),
        format!("failed to open the inbox {path}")
    );
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("not a database"), "{cause}");
    let error = SqliteInbox::open(folder.0.join("nowhere/inbox.sqlite")).unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
    let error = SqliteInbox::open("").unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "its path is empty");
}
