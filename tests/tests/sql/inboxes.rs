//! Tests that every inbox must pass.

use std::time::Duration;

use eventkit_service::{Claim, ClaimToken, Inbox, InboxKey, MemoryInbox};
use tokio::time::sleep;

pub(crate) const LEASE: Duration = Duration::from_mins(1);
pub(crate) const MOMENT: Duration = Duration::from_millis(40);

pub(crate) fn key(id: &str) -> InboxKey<'_> {
    InboxKey::new("/shop", id, "billing--receipt")
}

/// Claims an event that is not claimed, and returns the token.
pub(crate) async fn granted(inbox: &dyn Inbox, key: InboxKey<'_>, lease: Duration) -> ClaimToken {
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
    // A completed event stays completed.
    inbox.release(key("1"), token).await.unwrap();
    assert!(!inbox.renew(key("1"), token, LEASE).await.unwrap());
    assert_eq!(
        inbox.claim(key("1"), LEASE).await.unwrap(),
        Claim::Completed
    );
}

async fn events_are_distinguished_by_all_parts_of_the_key(inbox: &dyn Inbox) {
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

async fn a_claim_ends_when_it_is_released_or_its_lease_expires(inbox: &dyn Inbox) {
    let token = granted(inbox, key("2"), LEASE).await;
    inbox.release(key("2"), token).await.unwrap();
    granted(inbox, key("2"), MOMENT).await;
    sleep(2 * MOMENT).await;
    granted(inbox, key("2"), LEASE).await;
    let claim = inbox.claim(key("2"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::InProgress);
}

async fn a_renewed_claim_lasts_longer(inbox: &dyn Inbox) {
    let token = granted(inbox, key("5"), MOMENT).await;
    assert!(inbox.renew(key("5"), token, LEASE).await.unwrap());
    sleep(2 * MOMENT).await;
    let claim = inbox.claim(key("5"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::InProgress);
    // An expired claim can be renewed too, unless the event was claimed meanwhile.
    let token = granted(inbox, key("6"), Duration::ZERO).await;
    assert!(inbox.renew(key("6"), token, LEASE).await.unwrap());
    let claim = inbox.claim(key("6"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::InProgress);
}

async fn an_expired_claim_does_not_affect_the_next_one(inbox: &dyn Inbox) {
    let first = granted(inbox, key("7"), Duration::ZERO).await;
    let second = granted(inbox, key("7"), LEASE).await;
    assert_ne!(first, second);
    assert!(!inbox.renew(key("7"), first, LEASE).await.unwrap());
    inbox.release(key("7"), first).await.unwrap();
    let claim = inbox.claim(key("7"), LEASE).await.unwrap();
    assert_eq!(
        claim,
        Claim::InProgress,
        "the second claim should still exist"
    );
    assert!(inbox.renew(key("7"), second, LEASE).await.unwrap());
    inbox.release(key("7"), second).await.unwrap();
    // A released claim does not affect the next one either.
    let third = granted(inbox, key("7"), LEASE).await;
    inbox.release(key("7"), second).await.unwrap();
    assert!(inbox.renew(key("7"), third, LEASE).await.unwrap());
}

async fn a_completion_counts_after_the_lease_and_despite_another_claim(inbox: &dyn Inbox) {
    granted(inbox, key("8"), Duration::ZERO).await;
    let second = granted(inbox, key("8"), LEASE).await;
    // The first claim completes the event.
    inbox.complete(key("8")).await.unwrap();
    let claim = inbox.claim(key("8"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::Completed);
    assert!(!inbox.renew(key("8"), second, LEASE).await.unwrap());
    // The handler of the second claim fails.
    inbox.release(key("8"), second).await.unwrap();
    let claim = inbox.claim(key("8"), LEASE).await.unwrap();
    assert_eq!(claim, Claim::Completed);
}

async fn an_unclaimed_event_can_be_completed_and_released(inbox: &dyn Inbox) {
    let token = ClaimToken::new(u64::MAX);
    inbox.release(key("3"), token).await.unwrap();
    assert!(!inbox.renew(key("3"), token, LEASE).await.unwrap());
    inbox.complete(key("3")).await.unwrap();
    assert_eq!(
        inbox.claim(key("3"), LEASE).await.unwrap(),
        Claim::Completed
    );
}

pub(crate) async fn an_event_is_forgotten_after_the_window(inbox: &dyn Inbox) {
    inbox.claim(key("4"), LEASE).await.unwrap();
    inbox.complete(key("4")).await.unwrap();
    assert_eq!(
        inbox.claim(key("4"), LEASE).await.unwrap(),
        Claim::Completed
    );
    sleep(Duration::from_millis(400)).await;
    granted(inbox, key("4"), LEASE).await;
}

pub(crate) async fn all(inbox: &dyn Inbox) {
    each_event_is_granted_once(inbox).await;
    events_are_distinguished_by_all_parts_of_the_key(inbox).await;
    a_claim_ends_when_it_is_released_or_its_lease_expires(inbox).await;
    a_renewed_claim_lasts_longer(inbox).await;
    an_expired_claim_does_not_affect_the_next_one(inbox).await;
    a_completion_counts_after_the_lease_and_despite_another_claim(inbox).await;
    an_unclaimed_event_can_be_completed_and_released(inbox).await;
}

#[tokio::test]
async fn the_in_memory_inbox_passes() {
    all(&MemoryInbox::new()).await;
    let short = MemoryInbox::new().window(Duration::from_millis(300));
    an_event_is_forgotten_after_the_window(&short).await;
}
