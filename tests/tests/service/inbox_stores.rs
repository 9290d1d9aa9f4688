//! Inboxes: what each of them promises, and what the one in a file does beside that.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs, process};

use eventkit_service::{Claim, Inbox, InboxKey, MemoryInbox};
use eventkit_sql::SqliteInbox;
use tokio::time::sleep;

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

async fn each_event_is_granted_once(inbox: &dyn Inbox) {
    assert_eq!(inbox.claim(key("1"), LEASE).await.unwrap(), Claim::Granted);
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
    inbox.release(key("1")).await.unwrap();
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
        assert_eq!(
            inbox.claim(key, LEASE).await.unwrap(),
            Claim::Granted,
            "{key:?}"
        );
        inbox.complete(key).await.unwrap();
        assert_eq!(
            inbox.claim(key, LEASE).await.unwrap(),
            Claim::Completed,
            "{key:?}"
        );
    }
}

async fn a_claim_ends_when_it_is_released_or_its_lease_ends(inbox: &dyn Inbox) {
    assert_eq!(inbox.claim(key("2"), LEASE).await.unwrap(), Claim::Granted);
    inbox.release(key("2")).await.unwrap();
    assert_eq!(inbox.claim(key("2"), MOMENT).await.unwrap(), Claim::Granted);
    sleep(2 * MOMENT).await;
    assert_eq!(inbox.claim(key("2"), LEASE).await.unwrap(), Claim::Granted);
    assert_eq!(
        inbox.claim(key("2"), LEASE).await.unwrap(),
        Claim::InProgress
    );
}

async fn what_nobody_claimed_can_be_settled(inbox: &dyn Inbox) {
    inbox.release(key("3")).await.unwrap();
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
    assert_eq!(inbox.claim(key("4"), LEASE).await.unwrap(), Claim::Granted);
}

async fn all(inbox: &dyn Inbox) {
    each_event_is_granted_once(inbox).await;
    keys_are_told_apart(inbox).await;
    a_claim_ends_when_it_is_released_or_its_lease_ends(inbox).await;
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
    let claim = inbox.claim(key("begun"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::Granted, "the process that began it is gone");
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
        let granted = claims.iter().filter(|claim| **claim == Claim::Granted);
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
}
