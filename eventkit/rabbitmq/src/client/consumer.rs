//! The consumer of a subscription.

use std::sync::Arc;

use eventkit::transport::{
    BoxFuture, Consumer, Incoming, REPLAY_PREFIX, ReservedMessage, Subscription, TransportError,
    with_causes,
};
use lapin::Channel;
use lapin::message::Delivery;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::debug;

use super::acknowledger::RabbitAcknowledger;
use super::consumer_state::ConsumerState;
use super::deliveries::Deliveries;
use super::keeper::Keeper;
use super::received_message::{Origin, ReceivedMessage};
use super::shared::Shared;
use crate::mapping::message;

/// The consumer of a subscription.
#[derive(Debug)]
pub(super) struct RabbitConsumer {
    state: Arc<ConsumerState>,
    /// One for each message in flight, if the subscription keeps the order; otherwise the broker limits them.
    permits: Option<Arc<Semaphore>>,
    is_closed: bool,
    _keeper: Keeper,
}

/// A message that the subscription selects.
#[derive(Debug)]
enum Selected {
    Ordinary,
    /// A message of a reserved event type, with the type that the service expects.
    Reserved(String),
}

impl RabbitConsumer {
    pub(super) fn new(
        shared: &Arc<Shared>,
        subscription: &Subscription,
        (queue, digest): (String, String),
        channel: Channel,
        consumer: lapin::Consumer,
    ) -> Self {
        let deliveries = Arc::new(Deliveries::new(
            subscription.clone(),
            queue.into(),
            (channel, consumer),
            shared.timeout,
        ));
        shared.with_status(&deliveries.queue, |known| {
            known.consumers.retain(|own| own.strong_count() > 0);
            known.consumers.push(Arc::downgrade(&deliveries));
        });
        let state = Arc::new(ConsumerState {
            shared: Arc::clone(shared),
            digest,
            deliveries,
        });
        let permits = || Arc::new(Semaphore::new(subscription.max_in_flight));
        Self {
            permits: subscription.keeps_order.then(permits),
            is_closed: false,
            _keeper: Keeper::start(&state),
            state,
        }
    }

    async fn receive(&mut self) -> Result<Incoming, TransportError> {
        loop {
            let permit = match &self.permits {
                Some(permits) => Arc::clone(permits).acquire_owned().await.ok(),
                None => None,
            };
            let delivery = self.state.deliveries.next().await?;
            if let Some(incoming) = self.accept(delivery, permit) {
                return Ok(incoming);
            }
        }
    }

    /// Returns the message of a delivery; `None` if it is not for the service now.
    fn accept(&self, delivery: Delivery, permit: Option<OwnedSemaphorePermit>) -> Option<Incoming> {
        let ConsumerState {
            shared, deliveries, ..
        } = &*self.state;
        let received = ReceivedMessage::read(&shared.names, delivery);
        let metadata = received.metadata;
        deliveries.add(received.tag.clone());
        if received.waits() {
            deliveries.spawn(self.acknowledger(received, None).wait_on());
            return None;
        }
        let Some(selected) = self.selected(&received.origin) else {
            let acknowledger = self.acknowledger(received, None);
            deliveries.spawn(acknowledger.skip_later(metadata));
            return None;
        };
        let event = message::decode(shared.limits, &received.properties, &received.body);
        let reserved = match selected {
            Selected::Ordinary => None,
            Selected::Reserved(ty) => Some(ReservedMessage::new(
                ty,
                message::owned_pairs(&received.properties),
            )),
        };
        let acknowledger = Arc::new(self.acknowledger(received, permit));
        let incoming = Incoming::new(event, metadata, acknowledger);
        Some(match reserved {
            Some(reserved) => incoming.with_reserved(reserved),
            None => incoming,
        })
    }

    fn acknowledger(
        &self,
        received: ReceivedMessage,
        permit: Option<OwnedSemaphorePermit>,
    ) -> RabbitAcknowledger {
        RabbitAcknowledger::new(Arc::clone(&self.state), received, permit)
    }

    /// Returns how the subscription selects a message; `None` if it does not.
    ///
    /// A replay is addressed to any name of the subscription, and is delivered with that of this process.
    fn selected(&self, origin: &Origin) -> Option<Selected> {
        let ConsumerState {
            shared, deliveries, ..
        } = &*self.state;
        let (subscription, key) = (&deliveries.subscription, &origin.key);
        if origin.exchange != shared.names.services {
            return subscription.selects(key).then_some(Selected::Ordinary);
        }
        let name = key.strip_prefix(REPLAY_PREFIX);
        let is_own = name.is_some_and(|name| {
            shared.log.with_state(|state| {
                let own = state.find(&subscription.name);
                own.is_some_and(|own| own.queue == *deliveries.queue && own.is_named(name))
            })
        });
        if is_own {
            let ty = format!("{REPLAY_PREFIX}{}", subscription.name);
            return Some(Selected::Reserved(ty));
        }
        let is_selected = subscription.selects(key);
        is_selected.then(|| Selected::Reserved(key.clone()))
    }
}

impl Consumer for RabbitConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        Box::pin(async { self.receive().await.map(Some) })
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        self.is_closed = true;
        let state = Arc::clone(&self.state);
        let stopping = state.deliveries.stop();
        Box::pin(state.close(stopping))
    }
}

impl Drop for RabbitConsumer {
    /// Returns undelivered messages in the background.
    fn drop(&mut self) {
        if self.is_closed {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let state = Arc::clone(&self.state);
            let (shared, queue) = (
                Arc::clone(&state.shared),
                Arc::clone(&state.deliveries.queue),
            );
            let stopping = state.deliveries.stop();
            let closing = runtime.spawn(async move {
                if let Err(error) = state.close(stopping).await {
                    debug!(error = with_causes(&error), "failed to close a consumer");
                }
            });
            shared.add_closing(&queue, closing);
        }
    }
}
