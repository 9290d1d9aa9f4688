//! The inbox in a file.

use std::fs;
use std::path::PathBuf;

use eventkit_service::{Claim, Inbox};
use eventkit_sql::SqliteInbox;
use eventkit_tests::folder::Folder;
use tokio::time::{sleep, timeout};

use crate::inboxes::{LEASE, MOMENT, granted, key};

/// Returns the path of the inbox.
fn file(folder: &Folder) -> PathBuf {
    folder.path().join("inbox.sqlite")
}

#[tokio::test]
async fn a_file_outlives_the_program() {
    let folder = Folder::create();
    let inbox = SqliteInbox::open(file(&folder)).await.unwrap();
    inbox.claim(key("done"), LEASE).await.unwrap();
    inbox.complete(key("done")).await.unwrap();
    inbox.claim(key("begun"), MOMENT).await.unwrap();
    drop(inbox);
    let inbox = SqliteInbox::open(file(&folder)).await.unwrap();
    assert_eq!(
        inbox.claim(key("done"), LEASE).await.unwrap(),
        Claim::Completed
    );
    sleep(2 * MOMENT).await;
    // The process that claimed it is gone.
    granted(&inbox, key("begun"), LEASE).await;
}

#[test]
fn the_inbox_works_while_all_blocking_threads_hang() {
    let folder = Folder::create();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        // It never returns, like a sync handler that hangs.
        tokio::task::spawn_blocking(move || ended.recv());
        let inbox = SqliteInbox::open(file(&folder)).await.unwrap();
        let claim = timeout(LEASE, inbox.claim(key("1"), LEASE)).await;
        let claim = claim.expect("the inbox should not hang too").unwrap();
        assert!(matches!(claim, Claim::Granted(_)), "{claim:?}");
        drop(end);
    });
}

#[tokio::test]
async fn the_error_for_a_file_that_is_not_a_database_names_it() {
    let folder = Folder::create();
    fs::write(
        file(&folder),
        "no database, and more than one page of it\n".repeat(200),
    )
    .unwrap();
    let error = SqliteInbox::open(file(&folder)).await.unwrap_err();
    let path = file(&folder).display().to_string();
    assert_eq!(
        error.to_string(),
        format!("failed to open the inbox file {path}")
    );
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("not a database"), "{cause}");
    let error = SqliteInbox::open(folder.path().join("nowhere/inbox.sqlite")).await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
}
