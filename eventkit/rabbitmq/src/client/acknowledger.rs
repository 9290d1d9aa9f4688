//! The acknowledgement of one message.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use eventkit::transport::backoff;
use eventkit::transport::{
    Acknowledger, BoxFuture, DeliveryRecord, MessageMetadata, Settlement, TransportError,
    with_causes,
};
use lapin::BasicProperties;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tracing::{debug, warn};
use uuid::Uuid;

use super::consumer_state::ConsumerState;
use super::delays::{Returned, Wait};
use super::delivery_tag::DeliveryTag;
use super::entry::{Entry, StoredRecord};
use super::error::answer;
use super::publishing::Outcome;
use super::received_message::{Origin, ReceivedMessage};
use super::record;
use crate::mapping::routing::return_key;

/// The maximum time for which a consumer holds a message back: half the default `consumer_timeout`, after which
/// the broker closes the channel of a consumer that does not settle a message.
const MAX_HOLD: Duration = Duration::from_mins(15);

/// The number of redeliveries after which a message is published again. A queue deletes messages that exceed its
/// delivery limit, which is 20 by default from RabbitMQ 4.0 on.
const MAX_REDELIVERIES: u32 = 10;

/// Settles one message.
#[derive(Debug)]
pub(super) struct RabbitAcknowledger {
    state: Arc<ConsumerState>,
    tag: DeliveryTag,
    origin: Origin,
    properties: BasicProperties,
    body: Bytes,
    /// How often the broker has delivered the message before, since it was last published.
    redeliveries: u32,
    /// The headers of a message that was returned before.
    returned: Option<Returned>,
    /// The record that this process last stored or loaded.
    record: Mutex<Option<DeliveryRecord>>,
    /// Whether the log has a record of the message.
    has_record: AtomicBool,
    /// Lets the consumer deliver another message once this is dropped.
    permit: Mutex<Option<OwnedSemaphorePermit>>,
}

impl RabbitAcknowledger {
    pub(super) fn new(
        state: Arc<ConsumerState>,
        received: ReceivedMessage,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            state,
            tag: received.tag,
            origin: received.origin,
            properties: received.properties,
            body: received.body,
            redeliveries: received.redeliveries,
            returned: received.returned,
            record: Mutex::default(),
            has_record: AtomicBool::new(false),
            permit: Mutex::new(permit),
        }
    }

    /// Returns the key of the record, from the event: few messages have one.
    fn key(&self) -> Uuid {
        let limits = self.state.shared.limits;
        record::key(limits, &self.origin, &self.properties, &self.body)
    }

    fn is_open(&self) -> bool {
        self.tag.is_open(&self.state.deliveries.channel)
    }

    fn queue(&self) -> String {
        self.state.deliveries.queue.to_string()
    }

    /// Returns the record: that of the log, unless the message was returned with a later one.
    fn known_record(&self) -> DeliveryRecord {
        let own = *self.record.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = own {
            return own;
        }
        let key = self.key();
        let log = &self.state.shared.log;
        let logged = log.with_state(|state| state.record(&self.state.deliveries.queue, key));
        if logged.is_some() {
            self.has_record.store(true, Ordering::Relaxed);
        }
        let returned = self.returned.as_ref();
        let (before, carried) = returned.map_or((0, DeliveryRecord::default()), |returned| {
            (returned.deliveries, returned.record)
        });
        match logged {
            Some((deliveries, record)) if deliveries > before => record,
            _ => carried,
        }
    }

    fn set_record(&self, record: DeliveryRecord) {
        *self.record.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
    }

    async fn ack(&self, operation: &str) -> Result<(), TransportError> {
        let acking = self.tag.ack(&self.state.deliveries.channel);
        if !answer(operation, self.state.shared.timeout, acking).await? {
            return Err(self.no_longer_here(operation));
        }
        if self.has_record.load(Ordering::Relaxed) {
            let entry = Entry::Forget {
                queue: self.queue(),
                key: self.key(),
            };
            // A record that remains is deleted with the oldest entries of the log.
            if let Err(error) = self.state.shared.log.note(entry).await {
                debug!(
                    error = with_causes(&error),
                    "failed to delete the delivery record of a settled message"
                );
            }
        }
        Ok(())
    }

    fn no_longer_here(&self, operation: &str) -> TransportError {
        TransportError::unavailable(format!(
            "failed to {operation}: the consumer of the queue `{}` was lost, or `ack_wait` has passed, and the \
             broker delivers the message again",
            self.state.deliveries.queue
        ))
    }

    /// Returns the message, to be delivered again at once.
    async fn return_now(&self, message: MessageMetadata) -> Result<(), TransportError> {
        if !self.is_open() {
            return Err(self.no_longer_here("return a message"));
        }
        if self.state.deliveries.returns_by_closing() {
            return Ok(());
        }
        if self.redeliveries < MAX_REDELIVERIES {
            self.state.deliveries.release(&self.tag);
            return Ok(());
        }
        let record = self.known_record();
        self.return_later(message, Wait::default(), record).await
    }

    /// Keeps the message with this consumer for a while, where it neither counts as in flight nor is overtaken.
    fn hold(self: Arc<Self>, message: MessageMetadata, delay: Duration) {
        self.permit
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.state.deliveries.hold(self.tag.number);
        let state = Arc::clone(&self.state);
        state.deliveries.spawn(async move {
            // The message is returned when the consumer is closed.
            if !self.pause(delay.min(MAX_HOLD)).await {
                return;
            }
            // If it cannot be published, the broker delivers it again as it is.
            if let Err(error) = self.return_now(message).await {
                debug!(error = with_causes(&error), "failed to return a message");
            }
        });
    }

    /// Waits, and returns whether the consumer was open all the time. It ends when the consumer is closed.
    async fn pause(&self, delay: Duration) -> bool {
        let mut closed = self.state.deliveries.closed.subscribe();
        timeout(delay, closed.wait_for(|closed| *closed))
            .await
            .is_err()
    }

    /// Returns the message through the delay queues.
    async fn return_later(
        &self,
        message: MessageMetadata,
        wait: Wait,
        record: DeliveryRecord,
    ) -> Result<(), TransportError> {
        if !self.state.deliveries.start_return(self.tag.number) {
            return Err(self.no_longer_here("return a message"));
        }
        self.publish_return(message.delivery_count, wait, record)
            .await?;
        self.ack("acknowledge a message that was returned").await
    }

    async fn publish_return(
        &self,
        deliveries: u32,
        wait: Wait,
        record: DeliveryRecord,
    ) -> Result<(), TransportError> {
        let shared = &self.state.shared;
        let (delay, wait) = wait.step();
        let Origin { exchange, key } = self.origin.clone();
        let returned = Returned {
            exchange,
            key,
            deliveries,
            record,
            wait,
        };
        let properties = returned.write(&self.properties, delay);
        let (exchange, key) = (
            &shared.names.delays,
            return_key(&self.state.deliveries.queue),
        );
        for _ in 0..2 {
            shared.ensure_delay(delay).await?;
            let publishing = &shared.publishing;
            let properties = properties.clone();
            let operation = "return a message with a delay";
            let outcome = publishing.publish(operation, exchange, &key, properties, &self.body);
            if outcome.await? == Outcome::Stored {
                return Ok(());
            }
            // The queue or the exchange was deleted.
            shared.forget_delays();
        }
        Err(TransportError::unavailable(
            "failed to return a message with a delay: its queue was deleted repeatedly",
        ))
    }

    /// Lets a message wait for the rest of its delay. If that fails, it is delivered again, and then waits.
    pub(super) async fn wait_on(self) {
        let Some(Returned {
            wait,
            deliveries,
            record,
            ..
        }) = self.returned.clone()
        else {
            return;
        };
        let metadata = MessageMetadata::new(deliveries);
        if let Err(error) = self.return_later(metadata, wait, record).await {
            debug!(
                error = with_causes(&error),
                "failed to delay a message further"
            );
            self.pause(backoff::skip_delay(1)).await;
        }
    }

    /// Skips a message that is not for the service. If that fails, it is delivered again after a while.
    pub(super) async fn skip_later(self, message: MessageMetadata) {
        if let Err(error) = self.skip(message).await {
            debug!(error = with_causes(&error), "failed to skip a message");
            self.pause(backoff::skip_delay(message.delivery_count))
                .await;
        }
    }

    /// Acknowledges a message that the subscription does not select, or returns it if a later selection is
    /// recorded.
    async fn skip(&self, message: MessageMetadata) -> Result<(), TransportError> {
        let ConsumerState {
            shared,
            digest,
            deliveries,
        } = &*self.state;
        shared.log.sync().await?;
        let is_latest = shared.log.with_state(|state| {
            let mut all = state.all();
            let own = all.find(|own| own.queue == *deliveries.queue);
            own.is_some_and(|own| own.selections.latest() == digest)
        });
        if is_latest {
            return self.ack("skip a message").await;
        }
        let record = self.known_record();
        // Without the delivery, a process with the later selection would take the message for a suspect.
        let record = record
            .accounting_for(message.delivery_count)
            .unwrap_or(record);
        let delay = Wait::of(backoff::skip_delay(message.delivery_count));
        self.return_later(message, delay, record).await
    }

    async fn nack(
        self: Arc<Self>,
        message: MessageMetadata,
        delay: Duration,
    ) -> Result<(), TransportError> {
        if delay.is_zero() {
            return self.return_now(message).await;
        }
        if !self.is_open() {
            return Err(self.no_longer_here("return a message"));
        }
        if !self.state.deliveries.subscription.keeps_order {
            let record = self.known_record();
            let returned = self.return_later(message, Wait::of(delay), record).await;
            match returned {
                Err(error) if self.is_open() => {
                    warn!(
                        error = with_causes(&error),
                        "failed to return a message with a delay; this process keeps it until the delay is over"
                    );
                }
                returned => return returned,
            }
        }
        self.hold(message, delay);
        Ok(())
    }
}

impl Drop for RabbitAcknowledger {
    /// Returns a message that was not settled.
    fn drop(&mut self) {
        self.state.deliveries.release(&self.tag);
    }
}

impl Acknowledger for RabbitAcknowledger {
    fn settle(
        self: Arc<Self>,
        message: MessageMetadata,
        settlement: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>> {
        // Each in a box of its own, so that the common case does not have the size of the rare ones.
        match settlement {
            Settlement::Ack => Box::pin(async move { self.ack("acknowledge a message").await }),
            Settlement::Terminate => Box::pin(async move { self.ack("terminate a message").await }),
            Settlement::Nack(delay) => Box::pin(async move { self.nack(message, delay).await }),
            Settlement::Skip => Box::pin(async move { self.skip(message).await }),
        }
    }

    fn in_progress(&self, _: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async {
            let ack_wait = self.state.deliveries.subscription.ack_wait;
            if self.state.deliveries.extend(self.tag.number, ack_wait) {
                return Ok(());
            }
            Err(self.no_longer_here("report that a message is in progress"))
        })
    }

    fn load_record(
        &self,
        _: MessageMetadata,
    ) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>> {
        Box::pin(async {
            self.state.shared.log.sync().await?;
            let record = self.known_record();
            self.set_record(record);
            Ok(record)
        })
    }

    fn store_record(
        &self,
        message: MessageMetadata,
        record: DeliveryRecord,
    ) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async move {
            // One that was not confirmed may still be stored.
            self.has_record.store(true, Ordering::Relaxed);
            let entry = Entry::Record(StoredRecord {
                queue: self.queue(),
                key: self.key(),
                deliveries: message.delivery_count,
                record,
            });
            self.state.shared.log.append(entry).await?;
            self.set_record(record);
            Ok(())
        })
    }
}
