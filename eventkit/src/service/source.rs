//! A consumer that resumes.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::health::{SubscriptionState, Vitals};
use crate::transport::{
    Consumer, Incoming, Subscription, Transport, TransportError, TransportErrorKind, backoff,
};

/// The first and the longest delay before a lost consumer is opened again.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);
/// How long the other side may take to open one.
const OPEN_WITHIN: Duration = Duration::from_secs(30);

/// Gives the messages of a subscription, whatever happens to its consumers.
#[derive(Debug)]
pub(super) struct Source {
    transport: Arc<dyn Transport>,
    subscription: Subscription,
    vitals: Arc<Vitals>,
    consumer: Option<Box<dyn Consumer>>,
    /// Since the last message.
    failures: u32,
    retry_at: Option<Instant>,
}

impl Source {
    pub(super) fn new(
        transport: Arc<dyn Transport>,
        subscription: Subscription,
        vitals: Arc<Vitals>,
    ) -> Self {
        Self {
            transport,
            subscription,
            vitals,
            consumer: None,
            failures: 0,
            retry_at: None,
        }
    }

    /// Waits for the next message; `None` where the stream has ended for good.
    ///
    /// Dropping the future loses no message.
    pub(super) async fn next(&mut self) -> Option<Incoming> {
        loop {
            let Some(consumer) = &mut self.consumer else {
                self.open().await;
                continue;
            };
            match consumer.next().await {
                Ok(Some(incoming)) => {
                    self.failures = 0;
                    return Some(incoming);
                }
                Ok(None) => return None,
                Err(error) => self.lose(&error),
            }
        }
    }

    async fn open(&mut self) {
        if let Some(at) = self.retry_at {
            sleep_until(at).await;
        }
        let opened = timeout(OPEN_WITHIN, self.transport.subscribe(&self.subscription)).await;
        match opened {
            Ok(Ok(consumer)) => {
                self.consumer = Some(consumer);
                self.vitals.enter(SubscriptionState::Running);
                tracing::info!(subscription = self.subscription.name, "subscribed");
            }
            Ok(Err(error)) => self.lose(&error),
            Err(_) => {
                let what = format!("no answer within {OPEN_WITHIN:?}");
                self.lose(&TransportError::new(TransportErrorKind::Unavailable, what));
            }
        }
    }

    fn lose(&mut self, error: &TransportError) {
        self.consumer = None;
        self.failures = self.failures.saturating_add(1);
        let delay = backoff::delay(FIRST, LONGEST, self.failures);
        self.retry_at = Some(Instant::now() + delay);
        self.vitals.trouble(error);
        self.vitals.enter(SubscriptionState::Lost);
        tracing::warn!(subscription = self.subscription.name, %error, ?delay, "consumer lost");
    }
}
