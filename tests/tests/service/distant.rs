//! A transport behind a slow network that may lose responses of the broker.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventkit::Event;
use eventkit::transport::{
    AckHandle, Acknowledger, BoxFuture, Consumer, DeliveryRecord, Incoming, MessageMetadata,
    Published, Publisher, RawMessage, Settlement, Subscription, SubscriptionInfo,
    SubscriptionStatus, Transport, TransportError,
};
use eventkit_service::memory::Memory;
use tokio::time::sleep;

/// The in-memory transport, with the latency of a network.
#[derive(Debug, Clone)]
pub(crate) struct Distant {
    pub(crate) memory: Memory,
    pub(crate) round_trip: Duration,
    /// Whether confirmations of settlements are lost. The settlements take effect nevertheless.
    pub(crate) loses_confirmations: Arc<AtomicBool>,
    /// Whether settlements are denied.
    pub(crate) denies_settlements: Arc<AtomicBool>,
    /// Whether loading and storing delivery records is denied.
    pub(crate) denies_records: Arc<AtomicBool>,
    /// Whether confirmations of stored records are lost.
    pub(crate) confirms_no_records: Arc<AtomicBool>,
}

impl Distant {
    pub(crate) fn new(memory: Memory, round_trip: Duration) -> Self {
        Self {
            memory,
            round_trip,
            loses_confirmations: Arc::default(),
            denies_settlements: Arc::default(),
            denies_records: Arc::default(),
            confirms_no_records: Arc::default(),
        }
    }

    fn check_records(&self) -> Result<(), TransportError> {
        if self.denies_records.load(Ordering::Relaxed) {
            return Err(TransportError::unavailable("no permission for records"));
        }
        Ok(())
    }
}

impl Publisher for Distant {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            sleep(self.round_trip).await;
            self.memory.publish(event).await
        })
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            sleep(self.round_trip).await;
            self.memory.publish_raw(ty, message).await
        })
    }
}

impl Transport for Distant {
    fn name(&self) -> &'static str {
        "distant"
    }

    fn prepare(&self, subscriptions: &[Subscription]) {
        self.memory.prepare(subscriptions);
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
        Box::pin(async move {
            sleep(self.round_trip).await;
            let inner = self.memory.subscribe(subscription).await?;
            let transport = self.clone();
            Ok(Box::new(DistantConsumer { inner, transport }) as _)
        })
    }

    fn subscription_status(&self, subscription: &Subscription) -> SubscriptionStatus {
        let mut status = self.memory.subscription_status(subscription);
        status.warnings.push("far away".to_owned());
        status
    }

    fn subscriptions(
        &self,
    ) -> BoxFuture<'_, Result<Option<Vec<SubscriptionInfo>>, TransportError>> {
        Box::pin(async move {
            sleep(self.round_trip).await;
            self.memory.subscriptions().await
        })
    }
}

#[derive(Debug)]
struct DistantConsumer {
    inner: Box<dyn Consumer>,
    transport: Distant,
}

impl Consumer for DistantConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        Box::pin(async {
            sleep(self.transport.round_trip).await;
            let Some(mut incoming) = self.inner.next().await? else {
                return Ok(None);
            };
            let acknowledger = DistantAcknowledger {
                inner: incoming.handle,
                transport: self.transport.clone(),
            };
            incoming.handle = AckHandle::new(Arc::new(acknowledger), incoming.metadata);
            Ok(Some(incoming))
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        self.inner.close()
    }
}

#[derive(Debug)]
struct DistantAcknowledger {
    inner: AckHandle,
    transport: Distant,
}

impl Acknowledger for DistantAcknowledger {
    fn settle(
        self: Arc<Self>,
        _: MessageMetadata,
        settlement: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>> {
        let Self { inner, transport } =
            Arc::into_inner(self).expect("a message should be settled once");
        Box::pin(async move {
            sleep(transport.round_trip).await;
            if transport.denies_settlements.load(Ordering::Relaxed) {
                return Err(TransportError::unavailable("no permission to settle"));
            }
            inner.settle(settlement).await?;
            if transport.loses_confirmations.load(Ordering::Relaxed) {
                return Err(TransportError::unavailable("the confirmation was lost"));
            }
            Ok(())
        })
    }

    fn load_record(
        &self,
        _: MessageMetadata,
    ) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>> {
        Box::pin(async {
            self.transport.check_records()?;
            self.inner.load_record().await
        })
    }

    fn store_record(
        &self,
        _: MessageMetadata,
        record: DeliveryRecord,
    ) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async move {
            self.transport.check_records()?;
            self.inner.store_record(record).await?;
            if self.transport.confirms_no_records.load(Ordering::Relaxed) {
                return pending().await;
            }
            Ok(())
        })
    }

    fn in_progress(&self, _: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async {
            sleep(self.transport.round_trip).await;
            self.inner.in_progress().await
        })
    }
}
