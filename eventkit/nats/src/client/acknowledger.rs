//! The acknowledgement of one message.

use std::future::ready;
use std::sync::Arc;

use async_nats::Subject;
use async_nats::jetstream::AckKind;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{
    Acknowledger, BoxFuture, DeliveryRecord, MessageMetadata, Settlement, TransportError,
};
use tokio::sync::OwnedSemaphorePermit;

use super::shared::Shared;

/// Settles one message; the server confirms each acknowledgement.
#[derive(Debug)]
pub(super) struct NatsAcknowledger {
    pub(super) shared: Arc<Shared>,
    pub(super) reply: Subject,
    /// Lets the consumer request another message once it is dropped, settled or not.
    pub(super) _permit: Option<OwnedSemaphorePermit>,
}

impl NatsAcknowledger {
    async fn send_ack(&self, operation: &str, kind: AckKind) -> Result<(), TransportError> {
        let (api, reply) = (&self.shared.api, self.reply.as_str());
        let confirmed = api.request(operation, reply, None, kind.into()).await;
        confirmed.map(drop)
    }
}

impl Acknowledger for NatsAcknowledger {
    fn settle(
        self: Arc<Self>,
        _: MessageMetadata,
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
        Box::pin(async move { self.send_ack(operation, kind).await })
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
