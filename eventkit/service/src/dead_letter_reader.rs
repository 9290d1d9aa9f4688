//! A reader of dead letters, which leases them.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::dead_letter::DeadLetter;
use super::dead_letter_sink::MAX_LEASED_LETTERS;
use eventkit::transport::{
    AckHandle, Consumer, Subscription, SubscriptionInfo, Transport, TransportError, with_causes,
};

/// The number of round trips to the broker after which a dead letter counts as leased by another
/// reader.
const MAX_ROUND_TRIPS: u32 = 4;

/// A leased dead letter, and the handle that removes or returns it.
#[derive(Debug)]
pub(crate) struct LeasedLetter {
    pub(crate) letter: DeadLetter,
    pub(crate) handle: AckHandle,
    /// The position of the letter itself, if the transport has positions.
    position: Option<u64>,
}

/// A reader of the dead letters of a service. Dropping it closes it in the background.
#[derive(Debug)]
pub(crate) struct DeadLetterReader {
    /// The consumer, until the reader is closed.
    consumer: Option<Box<dyn Consumer>>,
    /// The leased dead letters that were not visited yet.
    pub(crate) waiting: VecDeque<LeasedLetter>,
    /// The handles of visited dead letters that are kept.
    pub(crate) kept: Vec<AckHandle>,
    /// The subscriptions of the transport, if it knows them.
    subscriptions: Option<Vec<SubscriptionInfo>>,
    /// The number of dead letters when the reader was opened, if it is known.
    count: Option<u64>,
    read: usize,
    idle_timeout: Duration,
}

impl DeadLetterReader {
    /// Opens a reader. If no dead letter arrives within the timeout, or within a few round trips if
    /// that is longer, the remaining ones count as leased by another reader.
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

    /// Takes the subscriptions that the transport had when the reader was opened, if it lists them.
    pub(crate) fn take_subscriptions(&mut self) -> Option<Vec<SubscriptionInfo>> {
        self.subscriptions.take()
    }

    /// Returns how many of the dead letters at the time of opening were not read, if that is known.
    pub(crate) fn unread(&self) -> Option<u64> {
        self.count
            .map(|count| count.saturating_sub(self.read as u64))
    }

    /// Leases the next dead letter; returns `None` after the last one, or at the limit of one
    /// reader.
    async fn next(&mut self) -> Result<Option<LeasedLetter>, TransportError> {
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
        Ok(Some(LeasedLetter {
            letter: DeadLetter::new(incoming.event, reserved),
            handle: incoming.handle,
            position: incoming.metadata.position,
        }))
    }

    /// Leases dead letters until `count` of them wait to be visited, the oldest first: a transport
    /// may deliver those that were returned to it in any order.
    pub(crate) async fn read(&mut self, count: usize) -> Result<(), TransportError> {
        while self.waiting.len() < count
            && let Some(letter) = self.next().await?
        {
            self.waiting.push_back(letter);
        }
        let waiting = self.waiting.make_contiguous();
        waiting.sort_by_key(|leased| leased.position);
        Ok(())
    }

    /// Closes the reader, and returns the dead letters that it leased to the store.
    pub(crate) async fn close(mut self) {
        if let Some(consumer) = self.consumer.take() {
            close(consumer, self.take_handles()).await;
        }
    }

    fn take_handles(&mut self) -> Vec<AckHandle> {
        let waiting = mem::take(&mut self.waiting);
        let mut handles = mem::take(&mut self.kept);
        handles.extend(waiting.into_iter().map(|leased| leased.handle));
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

/// Closes a consumer, and returns dead letters to the store. Those that cannot be returned are
/// delivered again after `ack_wait`.
async fn close(consumer: Box<dyn Consumer>, handles: Vec<AckHandle>) {
    // Closed first, since an open consumer would receive the returned dead letters again.
    if let Err(error) = consumer.close().await {
        tracing::warn!(
            error = with_causes(&error),
            "failed to close the consumer of dead letters"
        );
    }
    let handles = handles.into_iter();
    let returns = handles.map(|handle| handle.nack(Duration::ZERO));
    // Returned concurrently, since each return waits for the broker.
    returns.collect::<JoinSet<_>>().join_all().await;
}
