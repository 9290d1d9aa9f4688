//! A consumer that is opened again after it was lost.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::health::SubscriptionState;
use super::status::SubscriptionStatus;
use eventkit::__private::service::catch_panic;
use eventkit::transport::{
    Consumer, Incoming, Subscription, Transport, TransportError, TransportErrorKind, backoff,
};

const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(30);
const SUBSCRIBE_TIMEOUT: Duration = Duration::from_secs(30);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The messages of a subscription, across all consumers that it needs.
#[derive(Debug)]
pub(crate) struct ResumingConsumer {
    transport: Arc<dyn Transport>,
    subscription: Subscription,
    status: Arc<SubscriptionStatus>,
    consumer: Option<Box<dyn Consumer>>,
    /// The number of failures since the last message.
    failures: u32,
    retry_at: Option<Instant>,
}

impl ResumingConsumer {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        subscription: Subscription,
        status: Arc<SubscriptionStatus>,
    ) -> Self {
        Self {
            transport,
            subscription,
            status,
            consumer: None,
            failures: 0,
            retry_at: None,
        }
    }

    /// Waits for the next message; `None` once the stream has ended for good.
    ///
    /// Dropping the future loses no message.
    pub(crate) async fn next(&mut self) -> Option<Incoming> {
        loop {
            let received = catch_panic(pin!(self.receive())).await;
            match received {
                Ok(Ok(incoming)) => {
                    self.failures = 0;
                    return incoming;
                }
                Ok(Err(error)) => self.lose(&error),
                Err(_) => self.lose(&unavailable("the transport panicked")),
            }
        }
    }

    /// Closes the consumer, if it is open, so that others get its prefetched messages at once.
    pub(crate) async fn close(self) {
        let Some(consumer) = self.consumer else {
            return;
        };
        let closed = timeout(CLOSE_TIMEOUT, consumer.close()).await;
        // Messages that could not be returned are delivered again after `ack_wait`.
        if let Ok(Err(error)) = closed {
            tracing::warn!(subscription = self.subscription.name, %error, "failed to close the consumer");
        }
    }

    async fn receive(&mut self) -> Result<Option<Incoming>, TransportError> {
        if self.consumer.is_none() {
            self.consumer = Some(self.open().await?);
        }
        match &mut self.consumer {
            Some(consumer) => consumer.next().await,
            None => Ok(None),
        }
    }

    async fn open(&mut self) -> Result<Box<dyn Consumer>, TransportError> {
        if let Some(at) = self.retry_at {
            sleep_until(at).await;
        }
        let opened = timeout(
            SUBSCRIBE_TIMEOUT,
            self.transport.subscribe(&self.subscription),
        )
        .await;
        let consumer = opened.unwrap_or_else(|_| {
            let message = format!("the transport did not answer within {SUBSCRIBE_TIMEOUT:?}");
            Err(unavailable(message))
        })?;
        self.status.enter(SubscriptionState::Running);
        tracing::info!(subscription = self.subscription.name, "subscribed");
        Ok(consumer)
    }

    fn lose(&mut self, error: &TransportError) {
        self.consumer = None;
        self.failures = self.failures.saturating_add(1);
        let delay = backoff::delay(INITIAL_BACKOFF, MAX_BACKOFF, self.failures);
        self.retry_at = Some(Instant::now() + delay);
        self.status.set_last_error(error);
        self.status.enter(SubscriptionState::Lost);
        tracing::warn!(subscription = self.subscription.name, %error, ?delay, "lost the consumer");
    }
}

fn unavailable(message: impl Into<String>) -> TransportError {
    TransportError::new(TransportErrorKind::Unavailable, message)
}
