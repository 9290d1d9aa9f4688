//! The receiving side.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::Memory;
use super::queue::Handout;
use super::store::{Content, Opened, Step, unavailable};
use eventkit::DecodeError;
use eventkit::binding::http as binding;
use eventkit::event::Event;
use eventkit::transport::{
    Acknowledger, BoxFuture, Consumer, Incoming, InvalidMessage, MessageMetadata, RawMessage,
    Settlement, TransportError,
};

/// What a consumer finds in its queue.
enum Taken {
    Message(Incoming),
    /// Nothing before something happens, or before a time.
    Nothing(Option<Instant>),
}

#[derive(Debug)]
pub(super) struct MemoryConsumer {
    /// Knows its queue, and settles all of its messages.
    settle: Arc<MemorySettle>,
    id: u64,
    changed: Arc<Notify>,
}

impl MemoryConsumer {
    pub(super) fn new(memory: Memory, opened: Opened) -> Self {
        let settle = MemorySettle {
            memory,
            queue: opened.queue,
            generation: opened.generation,
        };
        Self {
            settle: Arc::new(settle),
            id: opened.id,
            changed: opened.changed,
        }
    }

    /// Takes the next message, if there is one now.
    fn take(&self) -> Result<Taken, TransportError> {
        let MemorySettle {
            memory,
            queue,
            generation,
        } = &*self.settle;
        let step = memory.lock().give(*queue, self.id, *generation)?;
        Ok(match step {
            Step::Message(content, handout) => Taken::Message(self.incoming(content, handout)),
            Step::Wait(until) => Taken::Nothing(until),
        })
    }

    async fn receive(&mut self) -> Result<Option<Incoming>, TransportError> {
        let changed = Arc::clone(&self.changed);
        loop {
            let mut change = std::pin::pin!(changed.notified());
            // Before the look at the queue, so that no change falls between the two.
            change.as_mut().enable();
            match self.take()? {
                Taken::Message(incoming) => return Ok(Some(incoming)),
                Taken::Nothing(None) => change.await,
                // Either way there may be a message now.
                Taken::Nothing(Some(at)) => drop(timeout_at(at, change).await),
            }
        }
    }

    fn incoming(&self, content: Content, handout: Handout) -> Incoming {
        let event = match content {
            Content::Event(event) => Ok(event),
            Content::Raw(raw) => decode(raw.message.clone().with_id(None)).map_err(Box::new),
        };
        let info = MessageMetadata::new(handout.attempt).with_position(handout.position);
        let settle: Arc<MemorySettle> = Arc::clone(&self.settle);
        Incoming::new(event, info, settle)
    }
}

impl Consumer for MemoryConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        match self.take() {
            Ok(Taken::Message(incoming)) => Box::pin(std::future::ready(Ok(Some(incoming)))),
            Ok(Taken::Nothing(_)) => Box::pin(self.receive()),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        // Nothing is on its way to a consumer that does not ask.
        Box::pin(async { Ok(()) })
    }
}

/// Reads a message that was published as it is, by the rules of the HTTP binding.
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

/// Settles the messages of one consumer.
struct MemorySettle {
    memory: Memory,
    queue: usize,
    generation: u64,
}

impl fmt::Debug for MemorySettle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySettle")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

impl MemorySettle {
    fn done(&self, handout: Handout) -> Result<(), TransportError> {
        self.memory
            .lock()
            .settle(self.queue, self.generation, handout.position)
    }

    fn give_back(&self, handout: Handout, delay: Duration) -> Result<(), TransportError> {
        self.memory
            .lock()
            .connected(self.queue, self.generation)?
            .give_back(handout, delay, Instant::now());
        Ok(())
    }

    fn renew(&self, handout: Handout) -> Result<(), TransportError> {
        let mut store = self.memory.lock();
        let queue = store.connected(self.queue, self.generation)?;
        if queue.renew(handout, Instant::now()) {
            Ok(())
        } else {
            Err(unavailable("the message has been taken back"))
        }
    }
}

impl Acknowledger for MemorySettle {
    fn settle(
        self: Arc<Self>,
        message: MessageMetadata,
        how: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>> {
        let handout = Handout::of(message);
        let settled = match how {
            Settlement::Ack | Settlement::Terminate => self.done(handout),
            Settlement::Nack(delay) => self.give_back(handout, delay),
        };
        Box::pin(std::future::ready(settled))
    }

    fn in_progress(&self, message: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async move { self.renew(Handout::of(message)) })
    }
}
