//! The side of the handlers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::Shared;
use super::desk::Step;
use super::queue::Handout;
use eventkit::event::Event;
use eventkit::transport::{
    Acknowledger, BoxFuture, Consumer, Incoming, MessageMetadata, Settlement, TransportError,
    TransportErrorKind,
};

#[derive(Debug)]
pub(super) struct EndpointConsumer {
    endpoint: Arc<Shared>,
    subscription: Arc<str>,
    id: u64,
    changed: Arc<Notify>,
}

impl EndpointConsumer {
    pub(super) fn new(
        endpoint: Arc<Shared>,
        subscription: &str,
        (id, changed): (u64, Arc<Notify>),
    ) -> Self {
        Self {
            endpoint,
            subscription: subscription.into(),
            id,
            changed,
        }
    }

    /// Looks at the desk for a message, or for how long to wait.
    fn look(&self) -> Step {
        let now = Instant::now();
        self.endpoint.desk().give(&self.subscription, self.id, now)
    }

    async fn receive(&mut self) -> Option<Incoming> {
        let changed = Arc::clone(&self.changed);
        loop {
            let mut change = std::pin::pin!(changed.notified());
            // Before the look at the desk, so that no change falls between the two.
            change.as_mut().enable();
            match self.look() {
                Step::Message(event, handout) => return Some(self.incoming(event, handout)),
                Step::End => return None,
                Step::Wait(None) => change.await,
                // Either way there may be a message now.
                Step::Wait(Some(at)) => drop(timeout_at(at, change).await),
            }
        }
    }

    fn incoming(&self, event: Event, handout: Handout) -> Incoming {
        let settle = EndpointSettle {
            endpoint: Arc::clone(&self.endpoint),
            subscription: Arc::clone(&self.subscription),
            handout,
        };
        let info = MessageMetadata::new(handout.attempt);
        Incoming::new(Ok(event), info, Arc::new(settle))
    }
}

impl Consumer for EndpointConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        match self.look() {
            Step::Message(event, handout) => {
                Box::pin(std::future::ready(Ok(Some(self.incoming(event, handout)))))
            }
            Step::End => Box::pin(std::future::ready(Ok(None))),
            Step::Wait(_) => Box::pin(async { Ok(self.receive().await) }),
        }
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        // It leaves the desk when it is dropped.
        Box::pin(async { Ok(()) })
    }
}

impl Drop for EndpointConsumer {
    fn drop(&mut self) {
        self.endpoint.desk().leave(&self.subscription, self.id);
    }
}

struct EndpointSettle {
    endpoint: Arc<Shared>,
    subscription: Arc<str>,
    handout: Handout,
}

impl fmt::Debug for EndpointSettle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointSettle")
            .field("subscription", &self.subscription)
            .field("handout", &self.handout)
            .finish_non_exhaustive()
    }
}

impl EndpointSettle {
    fn done(&self) {
        self.endpoint
            .desk()
            .settle(&self.subscription, self.handout, Instant::now());
    }

    fn give_back(&self, delay: Duration) {
        let now = Instant::now();
        self.endpoint
            .desk()
            .give_back(&self.subscription, self.handout, delay, now);
    }
}

impl Acknowledger for EndpointSettle {
    fn settle(
        self: Arc<Self>,
        _: MessageMetadata,
        how: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>> {
        match how {
            Settlement::Ack | Settlement::Terminate => self.done(),
            Settlement::Nack(delay) => self.give_back(delay),
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn in_progress(&self, _: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async {
            let now = Instant::now();
            let renewed = self
                .endpoint
                .desk()
                .renew(&self.subscription, self.handout, now);
            if renewed {
                return Ok(());
            }
            let what = "the message has been taken back";
            Err(TransportError::new(TransportErrorKind::Unavailable, what))
        })
    }
}

impl Drop for EndpointSettle {
    /// Gives back what was dropped without a word: the sender need not wait for it.
    fn drop(&mut self) {
        self.give_back(Duration::ZERO);
    }
}
