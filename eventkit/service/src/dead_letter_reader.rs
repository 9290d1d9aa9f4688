//! Reading dead letters, which one reader leases.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};

use super::dead_letter::DeadLetter;
use super::dead_letter_sink::MAX_LEASED_LETTERS;
use eventkit::transport::{
    AckHandle, Consumer, Subscription, SubscriptionInfo, Transport, TransportError,
};

/// The round trips that a letter may take before it counts as leased by another reader.
const MAX_ROUND_TRIPS: u32 = 4;

/// A dead letter, and the handle that removes or returns it.
pub(crate) type LeasedLetter = (DeadLetter, AckHandle);

/// A reader of the dead letters of a service, the oldest first. Dropping it closes it in the background.
#[derive(Debug)]
pub(crate) struct DeadLetterReader {
    /// Present until the reader is closed.
    consumer: Option<Box<dyn Consumer>>,
    /// The letters that are leased and to be visited.
    pub(crate) waiting: VecDeque<LeasedLetter>,
    /// The handles of letters that are leased and stay.
    pub(crate) kept: Vec<AckHandle>,
    /// The subscriptions of the transport, if it knows them.
    subscriptions: Option<Vec<SubscriptionInfo>>,
    /// The number of letters that there were, if it is known.
    count: Option<u64>,
    read: usize,
    idle_timeout: Duration,
}

impl DeadLetterReader {
    /// Opens a reader. A letter that does not arrive within the timeout, or within a few round trips to
    /// the broker, is leased by another reader.
    pub(crate) async fn open(
        transport: &dyn Transport,
        subscription: &Subscription,
        idle_timeout: Duration,
    ) -> Result<Self, TransportError> {
        let consumer = transport.subscribe(subscription).await?;
        let start = Instant::now();
        let subscriptions = transport.subscriptions().await?;
        let round_trip = start.elapsed();
        let mut known = subscriptions.iter().flatten();
        let own = known.find(|own| own.name == subscription.name);
        Ok(Self {
            consumer: Some(consumer),
            waiting: VecDeque::new(),
            kept: Vec::new(),
            count: own.map(|own| own.unsettled),
            subscriptions,
            read: 0,
            idle_timeout: idle_timeout.max(round_trip * MAX_ROUND_TRIPS),
        })
    }

    /// Takes the subscriptions that the transport had when the reader was opened, if it knows them.
    pub(crate) fn take_subscriptions(&mut self) -> Option<Vec<SubscriptionInfo>> {
        self.subscriptions.take()
    }

    /// Leases the next letter; `None` after the last one, or after as many as one reader may lease.
    pub(crate) async fn next(&mut self) -> Result<Option<LeasedLetter>, TransportError> {
        let is_last = self.count.is_some_and(|count| self.read as u64 >= count);
        if is_last || self.read >= MAX_LEASED_LETTERS {
            return Ok(None);
        }
        let Some(consumer) = &mut self.consumer else {
            return Ok(None);
        };
        let Ok(next) = timeout(self.idle_timeout, consumer.next()).await else {
            return Ok(None);
        };
        let Some(incoming) = next? else {
            return Ok(None);
        };
        self.read += 1;
        let reserved = incoming.reserved.as_deref();
        let letter = DeadLetter::new(incoming.event, reserved);
        Ok(Some((letter, incoming.handle)))
    }

    /// Closes the reader, and returns the letters that it leased to the store.
    pub(crate) async fn close(mut self) {
        if let Some(consumer) = self.consumer.take() {
            close(consumer, self.take_handles()).await;
        }
    }

    fn take_handles(&mut self) -> Vec<AckHandle> {
        let waiting = mem::take(&mut self.waiting);
        let mut handles = mem::take(&mut self.kept);
        handles.extend(waiting.into_iter().map(|(_, handle)| handle));
        handles
    }
}

impl Drop for DeadLetterReader {
    fn drop(&mut self) {
        if let Some(consumer) = self.consumer.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(close(consumer, self.take_handles()));
        }
    }
}

/// Closes a consumer, and returns letters to the store. Those that cannot be returned are delivered again
/// after `ack_wait`.
async fn close(consumer: Box<dyn Consumer>, handles: Vec<AckHandle>) {
    // First, since an open consumer would receive again what is returned.
    if let Err(error) = consumer.close().await {
        tracing::warn!(%error, "failed to close the consumer of dead letters");
    }
    let handles = handles.into_iter();
    let returns = handles.map(|handle| handle.nack(Duration::ZERO));
    // Together, since each of them waits for the broker, and begun in their order, in which they are
    // delivered again.
    join_all(returns).await;
}
