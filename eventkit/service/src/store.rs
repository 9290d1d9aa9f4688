//! Retries of everything that must be stored before a message is settled.

use std::time::Duration;

use tokio::time::sleep;

use super::health::Store;
use super::status::SubscriptionStatus;
use eventkit::BoxError;
use eventkit::transport::backoff;

const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// The attempts of one message to store something.
///
/// The store counts as failed from the first failure until this is dropped. The number of attempts
/// is not limited: the message is kept alive meanwhile, and released if the service aborts.
pub(crate) struct StoreAttempts<'s> {
    status: &'s SubscriptionStatus,
    store: Store,
    failures: u32,
}

impl<'s> StoreAttempts<'s> {
    pub(crate) fn new(status: &'s SubscriptionStatus, store: Store) -> Self {
        Self {
            status,
            store,
            failures: 0,
        }
    }

    /// Reports a failure, and waits before the next attempt.
    pub(crate) async fn wait_after(&mut self, error: impl Into<BoxError>) {
        let (error, store) = (error.into(), self.store);
        if self.failures == 0 {
            self.status.begin_wait(store);
        }
        self.failures = self.failures.saturating_add(1);
        self.status.set_store_error(store, &*error);
        let delay = backoff::delay(INITIAL_BACKOFF, MAX_BACKOFF, self.failures);
        tracing::error!(
            subscription = self.status.name(),
            error = &*error,
            ?delay,
            "failed to store {store}; retrying while the message is kept alive"
        );
        sleep(delay).await;
    }
}

/// Retries until something is stored, and returns the result.
pub(crate) async fn until_stored<T, E: Into<BoxError>, F>(
    status: &SubscriptionStatus,
    store: Store,
    operation: impl Fn() -> F,
) -> T
where
    F: Future<Output = Result<T, E>>,
{
    let mut attempts = StoreAttempts::new(status, store);
    loop {
        match operation().await {
            Ok(stored) => return stored,
            Err(error) => attempts.wait_after(error).await,
        }
    }
}

impl Drop for StoreAttempts<'_> {
    fn drop(&mut self) {
        if self.failures > 0 {
            self.status.end_wait(self.store);
        }
    }
}
