//! A consumer that resumes.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::health::{SubscriptionState, Vitals};
use eventkit::transport::{
    Consumer, Incoming, Subscription, Transport, TransportError, TransportErrorKind, backoff,
};

/// The first and the longest delay before a lost consumer is opened again.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);
/// How long the other side may take to open one.
const OPEN_WITHIN: Duration = Duration::from_secs(30);

/// How long the other side may take to close one.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Gives the messages of a subscription, whatever happens to its consumers.
#[derive(Debug)]
pub(super) struct Source {
    transport: Arc<dyn Transport>,
    subscription: Subscription,
    vitals: Arc<Vitals>,
    consumer: Option<Box<dyn Consumer>>,
    ended: bool,
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
            ended: false,
            failures: 0,
            retry_at: None,
        }
    }

    /// Waits for the next message; `None` where the stream has ended for good.
    ///
    /// Dropping the future loses no message.
    pub(super) async fn next(&mut self) -> Option<Incoming> {
        while !self.ended {
            let Some(consumer) = &mut self.consumer else {
                self.open().await;
                continue;
            };
            match consumer.next().await {
                Ok(Some(incoming)) => {
                    self.failures = 0;
                    return Some(incoming);
                }
                Ok(None) => self.ended = true,
                Err(error) => self.lose(&error),
            }
        }
        None
    }

    /// Closes the consumer, if it is open, so that what it had on its way comes to others at once.
    pub(super) async fn close(self: Box<Self>) {
        let Some(consumer) = self.consumer else {
            return;
        };
        let closed = timeout(CLOSE_WITHIN, consumer.close()).await;
        // What could not be given back comes again after `ack_wait`.
        if let Ok(Err(error)) = closed {
            tracing::warn!(subscription = self.subscription.name, %error, "not closed");
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

    /// Takes the consumer for lost, since its transport has panicked.
    pub(super) fn lose_to_panic(&mut self) {
        let what = "the transport panicked";
        self.lose(&TransportError::new(TransportErrorKind::Unavailable, what));
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
