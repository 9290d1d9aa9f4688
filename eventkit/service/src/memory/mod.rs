//! A transport in the memory of the program: the default of a service, and the one for tests.
//!
//! It keeps to the same rules as one with a broker: durable subscriptions by name, attempts,
//! `ack_wait`, delays, a store of limited size. What it holds is gone when the program ends.
//!
//! # Time
//!
//! All its times are those of `tokio::time`. In a test with `tokio::time::pause`, or
//! `#[tokio::test(start_paused = true)]`, hours of retries pass in no time, in the same order each
//! time:
//!
//! ```
//! use std::time::Duration;
//! use eventkit::Event;
//! use eventkit_service::memory::Memory;
//! use eventkit::transport::{Publisher, Subscription, Transport};
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
//! A message stays until every subscription that wanted it has settled it: a subscription that is
//! made afterwards does not get it any more. Those of a service are made together, when it begins
//! to run. A message that no subscription wants waits for a later one; of these only the newest
//! 1,000 are kept. Where the store is full, [`publish`](Publisher::publish) is refused: nothing is
//! thrown away to make room.
//!
//! # Faults
//!
//! [`Faults`] make it as unreliable as a network: messages come twice, late or out of order,
//! acknowledgements get lost, connections break. [`Memory::close`] and [`Memory::reopen`] are a
//! broker that restarts.

mod consumer;
mod faults;
mod queue;
mod seen;
mod store;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::consumer::MemoryConsumer;
use self::store::{Content, Raw, Store};
use eventkit::ToEvent;
use eventkit::event::Event;
use eventkit::transport::{
    BoxFuture, Consumer, Published, Publisher, PublisherExt, RawMessage, Subscription, Transport,
    TransportError,
};

pub use self::faults::Faults;

/// Is a transport in memory; a clone is the same one.
#[derive(Clone)]
pub struct Memory {
    store: Arc<Mutex<Store>>,
}

/// Sets up a [`Memory`].
#[derive(Debug, Clone)]
#[must_use = "a builder makes nothing until `build` is called"]
pub struct MemoryBuilder {
    capacity: usize,
    remembered: usize,
    faults: Faults,
}

impl Memory {
    /// Publishes an event or a typed value, and returns once it is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the transport does not take it.
    pub async fn publish<E: ToEvent + ?Sized>(
        &self,
        event: &E,
    ) -> Result<Published, TransportError> {
        PublisherExt::publish(self, event).await
    }

    /// Makes a transport with the settings that [`MemoryBuilder`] starts with.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Starts a transport with settings of one's own.
    pub fn builder() -> MemoryBuilder {
        MemoryBuilder {
            capacity: 100_000,
            remembered: 10_000,
            faults: Faults::default(),
        }
    }

    /// Stops it, as if a broker went away: every consumer is lost, nothing can be published, and
    /// what has not been acknowledged comes again later. What is stored stays.
    pub fn close(&self) {
        self.lock().set_open(false);
    }

    /// Starts it again after [`close`](Memory::close).
    pub fn reopen(&self) {
        self.lock().set_open(true);
    }

    /// Breaks all connections: every consumer is lost, but a new one can be had at once.
    pub fn disconnect(&self) {
        self.lock().disconnect();
    }

    /// Sets the faults from now on; [`Faults::default`] are none.
    pub fn set_faults(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    /// Returns how many messages are stored.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns whether no message is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many messages a subscription has not settled yet; 0 where there is none of the
    /// name.
    #[must_use]
    pub fn unsettled(&self, subscription: &str) -> usize {
        self.lock().unsettled(subscription)
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryBuilder {
    /// Sets how many messages it stores; 100,000 if not set.
    pub fn capacity(mut self, messages: usize) -> Self {
        self.capacity = messages;
        self
    }

    /// Sets of how many published events it remembers source and id, to store none twice (core
    /// spec, 3.1.1); 10,000 if not set, 0 for none.
    pub fn remember(mut self, events: usize) -> Self {
        self.remembered = events;
        self
    }

    /// Sets what goes wrong; nothing does if not set.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Makes the transport.
    #[must_use]
    pub fn build(self) -> Memory {
        let store = Store::new(self.capacity, self.remembered, self.faults);
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
        Box::pin(async move { self.lock().publish(Content::Event(event.clone())) })
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            let raw = Raw {
                place: ty.to_owned(),
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
            // One that is refused is refused again where it is opened.
            let _ = store.declare(subscription);
        }
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
        Box::pin(async move {
            let opened = self.lock().subscribe(subscription)?;
            let consumer = MemoryConsumer::new(self.clone(), opened);
            Ok(Box::new(consumer) as _)
        })
    }
}
