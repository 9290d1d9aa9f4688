//! The consumers of the in-memory transport.

use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::timeout_at;

use super::Memory;
use super::queue::Lease;
use super::store::{ConsumerHandle, Content, Next};
use eventkit::DecodeError;
use eventkit::binding::http as binding;
use eventkit::event::Event;
use eventkit::transport::{
    Acknowledger, BoxFuture, Consumer, DeliveryRecord, Incoming, InvalidMessage, MessageMetadata,
    RawMessage, ReservedMessage, Settlement, TransportError, is_reserved,
};

/// A consumer, which shares its connection with the messages that it delivered.
#[derive(Debug)]
pub(super) struct MemoryConsumer(Arc<Connection>);

/// The connection of a consumer to its queue, through which messages are settled.
#[derive(Debug)]
struct Connection {
    memory: Memory,
    consumer: ConsumerHandle,
}

impl MemoryConsumer {
    pub(super) fn new(memory: Memory, consumer: ConsumerHandle) -> Self {
        Self(Arc::new(Connection { memory, consumer }))
    }

    async fn receive(&self) -> Result<Option<Incoming>, TransportError> {
        loop {
            let mut changed = pin!(self.0.consumer.changed.notified());
            // Registered before the queue is read, so that no change in between is missed.
            changed.as_mut().enable();
            match self.lease_next()? {
                Next::Message(content, lease) => return Ok(Some(self.incoming(content, lease))),
                Next::Wait(None) => changed.await,
                // The queue is read again after a change, or at the given time.
                Next::Wait(Some(at)) => drop(timeout_at(at, changed).await),
            }
        }
    }

    fn lease_next(&self) -> Result<Next, TransportError> {
        let Connection { memory, consumer } = &*self.0;
        memory.lock().lease_next(consumer)
    }

    fn incoming(&self, content: Content, lease: Lease) -> Incoming {
        let metadata = MessageMetadata::new(lease.delivery_count).with_position(lease.position);
        let connection: Arc<Connection> = Arc::clone(&self.0);
        let raw = match content {
            Content::Event(event) => return Incoming::new(Ok(event), metadata, connection),
            Content::Raw(raw) => raw,
        };
        let event = decode(raw.message.clone().with_id(None)).map_err(Box::new);
        let incoming = Incoming::new(event, metadata, connection);
        if is_reserved(&raw.ty) {
            let Connection { memory, consumer } = &*self.0;
            let ty = memory.lock().reserved_type(consumer, &raw.ty);
            let headers = raw.message.headers.clone();
            return incoming.with_reserved(ReservedMessage::new(ty, headers));
        }
        incoming
    }
}

impl Consumer for MemoryConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        // Usually a message is available, and there is no need to wait.
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

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        let Connection { memory, consumer } = &*self.0;
        memory.lock().unsubscribe(consumer);
    }
}

/// Decodes a raw message with the HTTP binding.
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

impl Acknowledger for Connection {
    fn settle(
        self: Arc<Self>,
        message: MessageMetadata,
        settlement: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>> {
        let lease = Lease::of(message);
        let mut store = self.memory.lock();
        let settled = match settlement {
            Settlement::Ack | Settlement::Terminate => store.settle(&self.consumer, lease),
            Settlement::Nack(delay) => store.release(&self.consumer, lease, delay),
            Settlement::Skip => store.skip(&self.consumer, lease),
        };
        drop(store);
        Box::pin(ready(settled))
    }

    fn in_progress(&self, message: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
        let renewed = self.memory.lock().renew(&self.consumer, Lease::of(message));
        Box::pin(ready(renewed))
    }

    fn load_record(
        &self,
        message: MessageMetadata,
    ) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>> {
        let record = self
            .memory
            .lock()
            .record(&self.consumer, Lease::of(message));
        Box::pin(ready(record))
    }

    fn store_record(
        &self,
        message: MessageMetadata,
        record: DeliveryRecord,
    ) -> BoxFuture<'_, Result<(), TransportError>> {
        let mut store = self.memory.lock();
        let stored = store.set_record(&self.consumer, Lease::of(message), record);
        Box::pin(ready(stored))
    }

    fn ack_wait(&self) -> Option<Duration> {
        Some(self.memory.lock().ack_wait(&self.consumer))
    }
}
