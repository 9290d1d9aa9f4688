//! An in-memory transport, for tests and for services in a single process.
//!
//! It follows the same rules as a broker: durable subscriptions by name, delivery counts,
//! `ack_wait`, delays, and a store of limited size. Its messages are lost when the process ends.
//!
//! # Time
//!
//! The transport measures time with `tokio::time`. In a test with `tokio::time::pause`, or
//! `#[tokio::test(start_paused = true)]`, hours of retries pass in no time and always in the same
//! order:
//!
//! ```
//! use std::time::Duration;
//! use eventkit::Event;
//! use eventkit_service::memory::Memory;
//! use eventkit::transport::{Subscription, Transport};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
//! let memory = Memory::new();
//! let mut consumer = memory.subscribe(&Subscription::new("receipts", ["placed"])).await?;
//! memory.publish(&Event::builder().source("/shop").ty("placed").build()?).await?;
//!
//! let first = consumer.next().await?.expect("an event");
//! assert_eq!(first.metadata.delivery_count, 1);
//! first.handle.nack(Duration::from_secs(3600)).await?;
//!
//! let again = consumer.next().await?.expect("an hour later");
//! assert_eq!(again.metadata.delivery_count, 2);
//! again.handle.ack().await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Storage
//!
//! A message is stored until every subscription that matches it has settled it. A subscription that
//! is created afterwards does not receive it. A service creates all of its subscriptions together
//! when it starts. The newest 1,000 messages that no subscription matches are kept for a later one.
//! If the store is full, publishing fails: no message is evicted.
//!
//! # Faults
//!
//! [`Faults`] make the transport as unreliable as a network: messages are duplicated, delayed or
//! reordered, acknowledgements are lost, and connections break. [`Memory::close`] and
//! [`Memory::reopen`] simulate the restart of a broker.

mod consumer;
mod faults;
mod queue;
mod selections;
mod store;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::consumer::MemoryConsumer;
use self::store::{Content, RawContent, Store};
use eventkit::ToEvent;
use eventkit::event::Event;
use eventkit::transport::{
    BoxFuture, Consumer, Destination, Published, Publisher, PublisherExt, RawMessage, Subscription,
    SubscriptionInfo, SubscriptionStatus, Transport, TransportError, check_not_reserved, telemetry,
};

pub use self::faults::Faults;

/// The destination of every in-memory transport.
const DESTINATION: Destination<'_> = Destination::new("memory", "memory");

/// An in-memory transport; clones share its messages.
#[derive(Clone)]
pub struct Memory {
    store: Arc<Mutex<Store>>,
}

/// A builder for a [`Memory`].
///
/// ```
/// use eventkit_service::memory::Memory;
///
/// let memory = Memory::builder().capacity(100).dedup_capacity(1_000).build();
/// assert!(memory.is_empty());
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct MemoryBuilder {
    capacity: usize,
    dedup_capacity: usize,
    faults: Faults,
}

impl Memory {
    /// Publishes an event or a typed value, and returns once it is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the transport rejects it.
    pub async fn publish<E: ToEvent + ?Sized>(
        &self,
        event: &E,
    ) -> Result<Published, TransportError> {
        PublisherExt::publish(self, event).await
    }

    /// Creates a transport with the default settings of [`MemoryBuilder`].
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Creates a builder.
    pub fn builder() -> MemoryBuilder {
        MemoryBuilder {
            capacity: 100_000,
            dedup_capacity: 10_000,
            faults: Faults::default(),
        }
    }

    /// Closes the transport, like a broker that stops: all consumers are lost and publishing fails.
    /// Stored messages are kept, and those that are not acknowledged are delivered again after
    /// [`reopen`](Memory::reopen).
    pub fn close(&self) {
        self.lock().set_open(false);
    }

    /// Reopens the transport after [`close`](Memory::close).
    pub fn reopen(&self) {
        self.lock().set_open(true);
    }

    /// Breaks all connections: all consumers are lost, and new ones can be opened at once.
    pub fn disconnect(&self) {
        self.lock().disconnect();
    }

    /// Replaces the current faults; pass [`Faults::default`] to disable all of them.
    pub fn set_faults(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    /// Returns the number of stored messages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns whether every message is settled. Messages that no subscription selects do not
    /// count, unless there is no subscription at all.
    ///
    /// A dead letter is not settled until it is replayed or deleted. To wait until a service has
    /// handled all events, use [`Health::is_idle`](crate::Health::is_idle).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_settled()
    }

    /// Returns the number of messages that a subscription has not settled; 0 if there is no
    /// subscription with this name.
    #[must_use]
    pub fn unsettled(&self, subscription: &str) -> usize {
        self.lock().unsettled(subscription)
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryBuilder {
    /// Sets the maximum number of stored messages; 100,000 by default.
    pub fn capacity(mut self, messages: usize) -> Self {
        self.capacity = messages;
        self
    }

    /// Sets how many published events the transport remembers by source and id, so that none of
    /// them is stored twice (core specification, 3.1.1); 10,000 by default, and 0 to disable this.
    pub fn dedup_capacity(mut self, events: usize) -> Self {
        self.dedup_capacity = events;
        self
    }

    /// Sets the faults; none by default.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Builds the transport.
    #[must_use]
    pub fn build(self) -> Memory {
        let store = Store::new(self.capacity, self.dedup_capacity, self.faults);
        Memory {
            store: Arc::new(Mutex::new(store)),
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("messages", &self.len())
            .finish_non_exhaustive()
    }
}

impl Publisher for Memory {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        telemetry::publish(DESTINATION, event, move |event| async move {
            check_not_reserved(event.ty())?;
            self.lock().publish(Content::Event(event.into_owned()))
        })
    }

    fn destination(&self) -> Option<Destination<'_>> {
        Some(DESTINATION)
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            let raw = RawContent {
                ty: ty.to_owned(),
                message: message.clone(),
            };
            self.lock().publish(Content::Raw(Arc::new(raw)))
        })
    }
}

impl Transport for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn prepare(&self, subscriptions: &[Subscription]) {
        let mut store = self.lock();
        for subscription in subscriptions {
            // If the subscription is refused here, it is refused again when it is opened, which
            // reports it.
            let _ = store.upsert_subscription(subscription);
        }
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
        Box::pin(async move {
            let handle = self.lock().subscribe(subscription)?;
            let consumer = MemoryConsumer::new(self.clone(), handle);
            Ok(Box::new(consumer) as _)
        })
    }

    fn subscriptions(
        &self,
    ) -> BoxFuture<'_, Result<Option<Vec<SubscriptionInfo>>, TransportError>> {
        Box::pin(async move { self.lock().subscriptions().map(Some) })
    }

    fn subscription_status(&self, subscription: &Subscription) -> SubscriptionStatus {
        self.lock().status(subscription)
    }
}
