//! The acknowledgement of one message.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::Subject;
use async_nats::jetstream::AckKind;
use eventkit::transport::backoff::{self, FAR_FUTURE};
use eventkit::transport::{
    Acknowledger, BoxFuture, DeliveryRecord, MessageMetadata, Settlement, TransportError,
    with_causes,
};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tracing::{debug, warn};

use super::active_subscription::ActiveSubscription;
use super::delivery_records;
use super::shared::{Shared, owns_dead_letters};
use super::state::StateStore;

/// Settles one message; the server confirms each acknowledgement that needs it.
#[derive(Debug)]
pub(super) struct NatsAcknowledger {
    subscription: Arc<ActiveSubscription>,
    reply: Subject,
    /// The sequence of the message, if its subscription keeps the order.
    ordered: Option<u64>,
    /// Whether the message was returned, and will be delivered again.
    was_returned: AtomicBool,
    /// Whether a delivery record is stored for the message.
    has_record: AtomicBool,
    /// Lets the consumer request another message once this is dropped, whether or not the message
    /// is settled.
    _permit: Option<OwnedSemaphorePermit>,
}

impl NatsAcknowledger {
    pub(super) fn new(
        subscription: Arc<ActiveSubscription>,
        reply: Subject,
        message: MessageMetadata,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        let keeps_order = subscription.subscription.keeps_order;
        let ordered = message.position.filter(|_| keeps_order);
        if let Some(sequence) = ordered {
            subscription.durable.unsettled.insert(sequence);
        }
        Self {
            ordered,
            was_returned: AtomicBool::new(false),
            subscription,
            reply,
            has_record: AtomicBool::new(false),
            _permit: permit,
        }
    }

    /// Returns whether an acknowledgement must be confirmed: if it were lost, the event would
    /// overtake later ones of its key, or be redelivered without its record.
    fn needs_confirmation(&self) -> bool {
        let ActiveSubscription {
            shared,
            subscription,
            ..
        } = &*self.subscription;
        !shared.unconfirmed_acks
            || subscription.keeps_order
            || self.has_record.load(Ordering::Relaxed)
            || owns_dead_letters(subscription)
    }

    /// Sends an acknowledgement that the server does not confirm.
    async fn send_unconfirmed(&self) -> Result<(), TransportError> {
        const OPERATION: &str = "acknowledge a message";
        let api = &self.subscription.shared.api;
        let sending = api.client.publish(self.reply.clone(), AckKind::Ack.into());
        // Without a connection, the client's queue fills up.
        let sent = timeout(api.timeout, sending).await;
        let sent = sent.map_err(|_| api.no_answer(OPERATION, &self.reply))?;
        sent.map_err(|error| {
            TransportError::unavailable(format!("failed to {OPERATION}"))
                .with_source(error.to_string())
        })
    }

    async fn send_ack(&self, operation: &'static str, kind: AckKind) -> Result<(), TransportError> {
        let acknowledgements = &self.subscription.shared.acknowledgements;
        acknowledgements.send(operation, &self.reply, kind).await
    }

    /// Deletes a settled dead letter, so that it is not delivered again if its consumer is deleted
    /// and recreated. The stream may refuse this.
    async fn delete_letter(&self, position: u64) -> Result<(), TransportError> {
        let Shared { api, stream, .. } = &*self.subscription.shared;
        let stream = &stream.settings.name;
        let operation = format!("delete the dead letter at position {position}");
        let deleted = api.delete_message(&operation, stream, position).await?;
        if let Err(error) = deleted {
            warn!(%error, %stream, position, "failed to delete a settled dead letter; it remains in the stream");
        }
        Ok(())
    }

    async fn nack(&self, delay: Duration) -> Result<(), TransportError> {
        // The server stores the delay as nanoseconds in 64 bits.
        let delay = (!delay.is_zero()).then_some(delay.min(FAR_FUTURE));
        self.was_returned.store(true, Ordering::Relaxed);
        self.send_ack("return a message", AckKind::Nak(delay)).await
    }

    /// Sends the final settlement of a message, and then deletes its record.
    async fn end(
        &self,
        operation: &'static str,
        kind: AckKind,
        message: MessageMetadata,
    ) -> Result<(), TransportError> {
        // Removed before the settlement is sent: if it is not confirmed, the message may be
        // delivered again.
        self.forget_sequence();
        self.send_ack(operation, kind).await?;
        if self.has_record.load(Ordering::Relaxed) {
            let (state, durable) = self.place();
            // Boxed, so that the common case does not carry the size of the rare one.
            let forgetting = delivery_records::forget(state, durable, sequence(message));
            let forgotten = Box::pin(forgetting).await;
            // A record that is left over is deleted when the subscription is opened again.
            if let Err(error) = forgotten {
                debug!(
                    error = with_causes(&error),
                    "failed to delete the delivery record of a settled message"
                );
            }
        }
        Ok(())
    }

    /// Acknowledges a message that the subscription does not select, or returns it if a later
    /// selection is recorded.
    async fn skip(&self, message: MessageMetadata) -> Result<(), TransportError> {
        if self.subscription.is_latest().await? {
            return self.end("skip a message", AckKind::Ack, message).await;
        }
        self.return_skipped(message).await
    }

    /// Skips a message that was not delivered to the service. No confirmation is needed: if this
    /// fails, the message is redelivered and skipped again.
    pub(super) async fn skip_undelivered(
        self: Arc<Self>,
        message: MessageMetadata,
    ) -> Result<(), TransportError> {
        if !self.subscription.is_latest().await? {
            return self.return_skipped(message).await;
        }
        let client = &self.subscription.shared.api.client;
        let sent = client.publish(self.reply.clone(), AckKind::Ack.into());
        sent.await.map_err(|error| {
            TransportError::unavailable("failed to skip a message").with_source(error.to_string())
        })
    }

    /// Returns a message that a later selection may include.
    async fn return_skipped(&self, message: MessageMetadata) -> Result<(), TransportError> {
        // Without the record, a process with the later selection would take the message for a
        // suspect.
        let (state, durable) = self.place();
        if let Err(error) = delivery_records::account_for(state, durable, message).await {
            debug!(
                error = with_causes(&error),
                "failed to record that a message was skipped"
            );
        }
        self.nack(backoff::skip_delay(message.delivery_count)).await
    }

    fn forget_sequence(&self) {
        if let Some(sequence) = self.ordered {
            self.subscription.durable.unsettled.remove(sequence);
        }
    }

    fn place(&self) -> (&StateStore, &str) {
        let ActiveSubscription {
            shared, durable, ..
        } = &*self.subscription;
        (&shared.state, &durable.name)
    }
}

impl Drop for NatsAcknowledger {
    fn drop(&mut self) {
        if !self.was_returned.load(Ordering::Relaxed) {
            self.forget_sequence();
        }
    }
}

/// Returns the sequence of a message; every JetStream message has one.
fn sequence(message: MessageMetadata) -> u64 {
    message.position.unwrap_or_default()
}

impl Acknowledger for NatsAcknowledger {
    fn settle(
        self: Arc<Self>,
        message: MessageMetadata,
        settlement: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>> {
        if settlement == Settlement::Ack && !self.needs_confirmation() {
            return Box::pin(async move { self.send_unconfirmed().await });
        }
        // Each is boxed separately, so that the common case does not carry the size of the rare
        // ones.
        let (operation, kind) = match settlement {
            Settlement::Ack => ("acknowledge a message", AckKind::Ack),
            Settlement::Terminate => ("terminate a message", AckKind::Term),
            Settlement::Nack(delay) => return Box::pin(async move { self.nack(delay).await }),
            Settlement::Skip => return Box::pin(async move { self.skip(message).await }),
        };
        Box::pin(async move {
            self.end(operation, kind, message).await?;
            if owns_dead_letters(&self.subscription.subscription) {
                return Box::pin(self.delete_letter(sequence(message))).await;
            }
            Ok(())
        })
    }

    fn in_progress(&self, _: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
        let operation = "report that a message is in progress";
        Box::pin(self.send_ack(operation, AckKind::Progress))
    }

    fn load_record(
        &self,
        message: MessageMetadata,
    ) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>> {
        Box::pin(async move {
            let (state, durable) = self.place();
            let record = delivery_records::load(state, durable, sequence(message)).await?;
            self.has_record
                .fetch_or(record.is_some(), Ordering::Relaxed);
            Ok(record.unwrap_or_default())
        })
    }

    fn store_record(
        &self,
        message: MessageMetadata,
        record: DeliveryRecord,
    ) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async move {
            // A write that was not confirmed may still be stored.
            self.has_record.store(true, Ordering::Relaxed);
            let (state, durable) = self.place();
            delivery_records::store(state, durable, sequence(message), record).await
        })
    }

    fn ack_wait(&self) -> Option<Duration> {
        self.subscription.ack_wait()
    }
}
