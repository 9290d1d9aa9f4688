//! The claim of a delivery in the inbox.

use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::sleep;

use super::delivery::{AttemptOutcome, Delivery};
use super::error::within;
use super::health::Store;
use super::inbox::{Claim, ClaimToken, Inbox, InboxKey};
use super::store::{StoreAttempts, until_stored};
use eventkit::BoxError;

/// The time limit for the inbox to respond.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The time limit for the inbox to release a claim. It is shorter than the time that the service
/// has to shut down.
pub(crate) const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

const INBOX_TIMED_OUT: &str = "the inbox did not respond";

impl Delivery<'_> {
    /// Claims the event in the inbox; returns the outcome if the handler must not run.
    pub(crate) async fn claim(&self, inbox: &dyn Inbox) -> Option<AttemptOutcome> {
        let mut attempts = StoreAttempts::new(&self.task.status, Store::Inbox);
        loop {
            let claiming = inbox.claim(self.inbox_key(), self.lease());
            let error = match within(ANSWER_TIMEOUT, INBOX_TIMED_OUT, claiming).await {
                Ok(Claim::Granted(token)) => {
                    self.claim.replace(Some(token));
                    return None;
                }
                Ok(Claim::Completed) => return Some(AttemptOutcome::AlreadyCompleted),
                Ok(Claim::InProgress) => return Some(AttemptOutcome::ClaimedElsewhere),
                Err(error) => error,
            };
            let waiting = Box::pin(attempts.wait_after(error));
            if self.task.unless_draining(waiting).await.is_none() {
                return Some(AttemptOutcome::ClaimedElsewhere);
            }
        }
    }

    /// Runs an attempt while renewing the claim, if there is one.
    pub(crate) async fn while_claimed<T>(&self, attempt: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            output = attempt => output,
            never = self.renew_claim() => match never {},
        }
    }

    /// Completes the claim, and retries until it is stored.
    pub(crate) async fn complete_claim(&self, inbox: &dyn Inbox) {
        let complete = || {
            let completing = inbox.complete(self.inbox_key());
            within(ANSWER_TIMEOUT, INBOX_TIMED_OUT, completing)
        };
        until_stored(&self.task.status, Store::Inbox, complete).await;
        self.claim.replace(None);
    }

    /// Releases the claim, if it is open.
    pub(crate) async fn release_claim(&self) {
        let Some(inbox) = &self.task.config.inbox else {
            return;
        };
        let Some(token) = self.claim.replace(None) else {
            return;
        };
        let releasing = inbox.release(self.inbox_key(), token);
        // An unreleased claim expires with its lease, so a failure does not hold up the message.
        if let Err(error) = within(RELEASE_TIMEOUT, INBOX_TIMED_OUT, releasing).await {
            self.task.status.set_last_error(&*error);
            tracing::warn!(
                subscription = self.subscription(),
                event = %self.event,
                error = &*error,
                "failed to release a claim in the inbox"
            );
        }
    }

    /// Releases the claim of a message that is released, unless its handler is still running.
    pub(crate) async fn abandon_claim(&self) {
        // A sync handler cannot be stopped: other processes must wait at least until the lease
        // expires.
        let is_async = self.task.shared.handler.handler().is_async();
        if is_async || !self.running.load(Ordering::Relaxed) {
            self.release_claim().await;
        }
    }

    /// Renews the claim four times in each lease, until it is lost.
    async fn renew_claim(&self) -> Infallible {
        if let Some(inbox) = self.task.config.inbox.as_deref()
            && let Some(token) = self.claim.get()
        {
            let mut holds = true;
            while holds {
                sleep(self.task.config.ack_wait / 2).await;
                // Boxed, so that a delivery that needs no renewal does not carry the size of this
                // future.
                holds = Box::pin(self.renew_once(inbox, token)).await;
            }
        }
        pending().await
    }

    /// Renews the claim, and retries until the inbox responds; returns whether the claim still
    /// holds.
    async fn renew_once(&self, inbox: &dyn Inbox, token: ClaimToken) -> bool {
        let renew = || {
            let renewing = inbox.renew(self.inbox_key(), token, self.lease());
            within(ANSWER_TIMEOUT, INBOX_TIMED_OUT, renewing)
        };
        let holds = until_stored(&self.task.status, Store::Inbox, renew).await;
        if !holds {
            let error = BoxError::from(
                "lost the claim of a running handler: another process has claimed or completed the event",
            );
            self.task.status.set_last_error(&*error);
            tracing::warn!(
                subscription = self.subscription(),
                event = %self.event,
                error = &*error,
                "the handler may run twice"
            );
        }
        holds
    }

    /// Returns the lease of a claim: long enough for several attempts to renew it.
    fn lease(&self) -> Duration {
        self.task.config.ack_wait.saturating_mul(2)
    }

    fn inbox_key(&self) -> InboxKey<'_> {
        let subscription = self.task.shared.handler.identity();
        InboxKey::new(self.event.source(), self.event.id(), subscription)
    }
}
