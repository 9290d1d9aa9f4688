//! Reading dead letters, which one reader leases.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
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

/// The letters that a reader has leased; dropping them returns them to the store in the background.
#[derive(Debug, Default)]
pub(crate) struct LeasedLetters {
    /// The letters that are to be visited.
    pub(crate) waiting: VecDeque<LeasedLetter>,
    /// The handles of those that stay.
    pub(crate) kept: Vec<AckHandle>,
}

/// A reader of the dead letters of a service, the oldest first.
#[derive(Debug)]
pub(crate) struct DeadLetterReader {
    consumer: Box<dyn Consumer>,
    /// The subscriptions of the transport, if it knows them.
    subscriptions: Option<Vec<SubscriptionInfo>>,
    /// The number of letters that there were, if it is known.
    count: Option<u64>,
    read: usize,
    idle_timeout: Duration,
}

impl LeasedLetters {
    /// Returns the letters to the store. One that cannot be returned is delivered again after
    /// `ack_wait`.
    pub(crate) async fn return_all(mut self) {
        self.returning().join_all().await;
    }

    /// Returns the letters together, since each of them waits for the broker.
    fn returning(&mut self) -> JoinSet<Result<(), TransportError>> {
        let waiting = mem::take(&mut self.waiting).into_iter();
        let handles = waiting.map(|(_, handle)| handle);
        let handles = handles.chain(mem::take(&mut self.kept));
        handles.map(|handle| handle.nack(Duration::ZERO)).collect()
    }
}

impl Drop for LeasedLetters {
    fn drop(&mut self) {
        let is_empty = self.waiting.is_empty() && self.kept.is_empty();
        if !is_empty && Handle::try_current().is_ok() {
            self.returning().detach_all();
        }
    }
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
            consumer,
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
        let Ok(next) = timeout(self.idle_timeout, self.consumer.next()).await else {
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

    /// Closes the reader; letters that it leased can still be removed or returned.
    pub(crate) async fn close(self) {
        if let Err(error) = self.consumer.close().await {
            // Letters that could not be returned are delivered again after `ack_wait`.
            tracing::warn!(%error, "failed to close the consumer of dead letters");
        }
    }
}
