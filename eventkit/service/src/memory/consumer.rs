//! Consumers of the transport in memory.

use std::fmt;
use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::Memory;
use super::queue::Lease;
use super::store::{ConsumerHandle, Content, Next};
use eventkit::DecodeError;
use eventkit::binding::http as binding;
use eventkit::event::Event;
use eventkit::transport::{
    Acknowledger, BoxFuture, Consumer, Incoming, InvalidMessage, MessageMetadata, RawMessage,
    Settlement, TransportError,
};

#[derive(Debug)]
pub(super) struct MemoryConsumer {
    acknowledger: Arc<MemoryAcknowledger>,
    id: u64,
    changed: Arc<Notify>,
}

impl MemoryConsumer {
    pub(super) fn new(memory: Memory, handle: ConsumerHandle) -> Self {
        let acknowledger = MemoryAcknowledger {
            memory,
            queue: handle.queue,
            generation: handle.generation,
        };
        Self {
            acknowledger: Arc::new(acknowledger),
            id: handle.id,
            changed: handle.changed,
        }
    }

    async fn receive(&self) -> Result<Option<Incoming>, TransportError> {
        loop {
            let mut changed = pin!(self.changed.notified());
            // Registered before the queue is read, so that no change in between is missed.
            changed.as_mut().enable();
            match self.lease_next()? {
                Next::Message(content, lease) => return Ok(Some(self.incoming(content, lease))),
                Next::Wait(None) => changed.await,
                // The queue is read again, whether it changed or the time came.
                Next::Wait(Some(at)) => drop(timeout_at(at, changed).await),
            }
        }
    }

    fn lease_next(&self) -> Result<Next, TransportError> {
        let own = &*self.acknowledger;
        let mut store = own.memory.lock();
        store.lease_next(own.queue, self.id, own.generation)
    }

    fn incoming(&self, content: Content, lease: Lease) -> Incoming {
        let event = match content {
            Content::Event(event) => Ok(event),
            Content::Raw(raw) => decode(raw.message.clone().with_id(None)).map_err(Box::new),
        };
        let metadata = MessageMetadata::new(lease.delivery_count).with_position(lease.position);
        let acknowledger: Arc<MemoryAcknowledger> = Arc::clone(&self.acknowledger);
        Incoming::new(event, metadata, acknowledger)
    }
}

impl Consumer for MemoryConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        // Most often there is a message, and nothing to wait for.
        match self.lease_next() {
            Ok(Next::Message(content, lease)) => {
                Box::pin(ready(Ok(Some(self.incoming(content, lease)))))
            }
            Ok(Next::Wait(_)) => Box::pin(self.receive()),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        // A consumer prefetches nothing.
        Box::pin(async { Ok(()) })
    }
}

/// Decodes a message that was published as it is, with the HTTP binding.
fn decode(message: RawMessage) -> Result<Event, InvalidMessage> {
    let headers: Result<HeaderMap, http::Error> = message
        .headers
        .iter()
        .map(|(name, value)| Ok((HeaderName::try_from(name)?, HeaderValue::try_from(value)?)))
        .collect();
    headers
        .map_err(|error| DecodeError::malformed("headers", error))
        .and_then(|headers| binding::decode(&headers, message.body.clone()))
        .map_err(|error| InvalidMessage::new(error, message))
}

/// The acknowledger of one consumer.
struct MemoryAcknowledger {
    memory: Memory,
    queue: usize,
    generation: u64,
}

impl fmt::Debug for MemoryAcknowledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryAcknowledger")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

impl MemoryAcknowledger {
    fn remove(&self, lease: Lease) -> Result<(), TransportError> {
        let mut store = self.memory.lock();
        store.settle(self.queue, self.generation, lease.position)
    }

    fn release(&self, lease: Lease, delay: Duration) -> Result<(), TransportError> {
        let mut store = self.memory.lock();
        let queue = store.connected(self.queue, self.generation)?;
        queue.release(lease, delay, Instant::now());
        Ok(())
    }

    fn renew(&self, lease: Lease) -> Result<(), TransportError> {
        let mut store = self.memory.lock();
        let queue = store.connected(self.queue, self.generation)?;
        if queue.renew(lease, Instant::now()) {
            Ok(())
        } else {
            Err(TransportError::unavailable(
                "the lease of the message has expired",
            ))
        }
    }
}

impl Acknowledger for MemoryAcknowledger {
    fn settle(
        self: Arc<Self>,
        message: MessageMetadata,
        settlement: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>> {
        let lease = Lease::of(message);
        let settled = match settlement {
            Settlement::Ack | Settlement::Terminate => self.remove(lease),
            Settlement::Nack(delay) => self.release(lease, delay),
        };
        Box::pin(ready(settled))
    }

    fn in_progress(&self, message: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(ready(self.renew(Lease::of(message))))
    }
}
