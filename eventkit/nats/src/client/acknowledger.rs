//! The acknowledgement of one message.

use std::future::ready;
use std::sync::Arc;

use async_nats::Subject;
use async_nats::jetstream::AckKind;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{
    Acknowledger, BoxFuture, DEAD_LETTER_PREFIX, DeliveryRecord, MessageMetadata, Settlement,
    Subscription, TransportError,
};
use serde::de::IgnoredAny;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::shared::Shared;

/// Settles one message; the server confirms each acknowledgement.
#[derive(Debug)]
pub(super) struct NatsAcknowledger {
    pub(super) shared: Arc<Shared>,
    pub(super) reply: Subject,
    /// Whether the message is a dead letter that belongs to this subscription alone.
    pub(super) is_own_letter: bool,
    /// Lets the consumer request another message once it is dropped, settled or not.
    pub(super) _permit: Option<OwnedSemaphorePermit>,
}

impl NatsAcknowledger {
    async fn send_ack(&self, operation: &str, kind: AckKind) -> Result<(), TransportError> {
        let (api, reply) = (&self.shared.api, self.reply.as_str());
        let confirmed = api.request(operation, reply, None, kind.into()).await;
        confirmed.map(drop)
    }

    /// Deletes a dead letter that was settled, so that it does not come back if its consumer is deleted
    /// and created again. A stream may refuse that.
    async fn delete_letter(&self, position: u64) -> Result<(), TransportError> {
        let Shared { api, stream, .. } = &*self.shared;
        let call = format!("STREAM.MSG.DELETE.{}", stream.name);
        // The content need not be overwritten.
        let request = json!({ "seq": position, "no_erase": true });
        let operation = format!("delete the dead letter at the position {position}");
        let deleted = api.call::<IgnoredAny>(&operation, &call, &request).await?;
        if let Err(error) = deleted {
            let stream = &stream.name;
            tracing::warn!(%error, stream, position, "the stream keeps a dead letter that was settled");
        }
        Ok(())
    }
}

/// Returns whether messages of an event type are dead letters that belong to a subscription alone: the
/// one that selects this type and nothing else.
pub(super) fn is_own_letter(subscription: &Subscription, ty: &str) -> bool {
    ty.starts_with(DEAD_LETTER_PREFIX) && subscription.patterns == [ty]
}

impl Acknowledger for NatsAcknowledger {
    fn settle(
        self: Arc<Self>,
        message: MessageMetadata,
        settlement: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>> {
        let (operation, kind) = match settlement {
            Settlement::Ack | Settlement::Skip => ("acknowledge a message", AckKind::Ack),
            Settlement::Terminate => ("terminate a message", AckKind::Term),
            Settlement::Nack(delay) => {
                // The server counts nanoseconds in 64 bits.
                let delay = (!delay.is_zero()).then_some(delay.min(FAR_FUTURE));
                ("return a message", AckKind::Nak(delay))
            }
        };
        let is_final = matches!(settlement, Settlement::Ack | Settlement::Terminate);
        let letter = message.position.filter(|_| self.is_own_letter && is_final);
        Box::pin(async move {
            self.send_ack(operation, kind).await?;
            match letter {
                Some(position) => self.delete_letter(position).await,
                None => Ok(()),
            }
        })
    }

    fn in_progress(&self, _: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
        let operation = "report that a message is in progress";
        Box::pin(self.send_ack(operation, AckKind::Progress))
    }

    fn load_record(
        &self,
        _: MessageMetadata,
    ) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>> {
        Box::pin(ready(Ok(DeliveryRecord::default())))
    }

    fn store_record(
        &self,
        _: MessageMetadata,
        _: DeliveryRecord,
    ) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(ready(Ok(())))
    }
}
