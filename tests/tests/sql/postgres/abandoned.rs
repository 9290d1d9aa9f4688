//! Claims whose callers no longer wait.

use std::time::Duration;

use eventkit_service::{Claim, Inbox};
use sqlx::Executor;
use tokio::time::{sleep, timeout};

use super::store_with;
use crate::inboxes::{LEASE, MOMENT, granted, key};

/// A claim that nobody renews or releases would hold up its event until its lease ends.
#[tokio::test]
async fn a_claim_is_released_if_its_caller_has_gone() {
    let Some(store) = store_with("", 2).await else {
        return;
    };
    let inbox = store.inbox();
    let mut transaction = store.begin().await.unwrap();
    // So that the other connection has the statement prepared, which the lock would hold up too.
    granted(&inbox, key("0"), LEASE).await;
    let lock = transaction.execute("LOCK TABLE inbox IN EXCLUSIVE MODE");
    lock.await.unwrap();
    let claim = timeout(MOMENT, inbox.claim(key("1"), LEASE)).await;
    assert!(claim.is_err(), "{claim:?}");
    transaction.rollback().await.unwrap();

    let again = async {
        let mut grants = 0;
        // The abandoned claim may still be on its way when the first one of these is granted.
        while grants < 20 {
            if let Claim::Granted(token) = inbox.claim(key("1"), LEASE).await.unwrap() {
                grants += 1;
                inbox.release(key("1"), token).await.unwrap();
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    let again = timeout(LEASE / 4, again).await;
    again.expect("the claim should be released");
}
