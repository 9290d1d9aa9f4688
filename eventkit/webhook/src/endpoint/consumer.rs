//! The consumers of an endpoint.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use eventkit::event::Event;
use eventkit::transport::{
    Acknowledger, BoxFuture, Consumer, DeliveryRecord, Incoming, MessageMetadata, Settlement,
    StartPosition, Subscription, Transport, TransportError,
};
use tokio::sync::Notify;
use tokio::time::timeout_at;

use super::lease_queue::Lease;
use super::shared::{Endpoint, Shared};
use super::subscription_table::Next;

impl Transport for Endpoint {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn prepare(&self, subscriptions: &[Subscription]) {
        let mut table = self.shared.table();
        for subscription in subscriptions {
            // If this fails, `subscribe` reports the error.
            let _ = table.upsert_subscription(subscription);
        }
    }

    fn check_subscription(&self, subscription: &Subscription) -> Result<(), TransportError> {
        match subscription.start {
            // An endpoint only has events that are sent from now on.
            None | Some(StartPosition::New) => Ok(()),
            Some(_) => Err(TransportError::configuration(
                "a webhook has no start position: it only receives new events; remove `start`, or set it \
                 to `new`",
            )),
        }
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
        Box::pin(async move {
            let (id, changed) = self.shared.table().subscribe(subscription)?;
            Ok(Box::new(EndpointConsumer {
                endpoint: Arc::clone(&self.shared),
                subscription: subscription.name.as_str().into(),
                id,
                changed,
            }) as _)
        })
    }
}

#[derive(Debug)]
struct EndpointConsumer {
    endpoint: Arc<Shared>,
    subscription: Arc<str>,
    id: u64,
    changed: Arc<Notify>,
}

impl EndpointConsumer {
    async fn receive(&mut self) -> Option<Incoming> {
        let changed = Arc::clone(&self.changed);
        loop {
            let mut change = std::pin::pin!(changed.notified());
            // Enabled before the table is read, so that no change in between is missed.
            change.as_mut().enable();
            let next = self
                .endpoint
                .table()
                .lease_next(&self.subscription, self.id);
            match next {
                Next::Event(event, lease) => return Some(self.incoming(event, lease)),
                Next::End => return None,
                Next::Wait(None) => change.await,
                // The table is read again after a change, or at the deadline.
                Next::Wait(Some(deadline)) => drop(timeout_at(deadline, change).await),
            }
        }
    }

    fn incoming(&self, event: Event, lease: Lease) -> Incoming {
        let acknowledger = EndpointAcknowledger {
            endpoint: Arc::clone(&self.endpoint),
            subscription: Arc::clone(&self.subscription),
            lease,
        };
        let metadata = MessageMetadata::new(lease.attempt);
        Incoming::new(Ok(event), metadata, Arc::new(acknowledger))
    }
}

impl Consumer for EndpointConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        Box::pin(async { Ok(self.receive().await) })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        // Dropping the consumer closes its subscription.
        Box::pin(async { Ok(()) })
    }
}

impl Drop for EndpointConsumer {
    fn drop(&mut self) {
        self.endpoint
            .table()
            .unsubscribe(&self.subscription, self.id);
    }
}

#[derive(Debug)]
struct EndpointAcknowledger {
    endpoint: Arc<Shared>,
    subscription: Arc<str>,
    lease: Lease,
}

impl EndpointAcknowledger {
    fn release(&self, delay: Duration) {
        let mut table = self.endpoint.table();
        table.release(&self.subscription, self.lease, delay);
    }
}

impl Acknowledger for EndpointAcknowledger {
    fn settle(
        self: Arc<Self>,
        _: MessageMetadata,
        settlement: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>> {
        match settlement {
            Settlement::Ack | Settlement::Terminate | Settlement::Skip => {
                let terminated = settlement == Settlement::Terminate;
                let mut table = self.endpoint.table();
                table.settle(&self.subscription, self.lease, terminated);
            }
            Settlement::Nack(delay) => self.release(delay),
        }
        Box::pin(async { Ok(()) })
    }

    fn in_progress(&self, _: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async {
            let mut table = self.endpoint.table();
            if table.extend(&self.subscription, self.lease) {
                return Ok(());
            }
            let message = "the lease of the event has expired";
            Err(TransportError::unavailable(message))
        })
    }

    fn load_record(
        &self,
        _: MessageMetadata,
    ) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>> {
        let record = self.endpoint.table().record(self.lease);
        Box::pin(ready(Ok(record)))
    }

    fn store_record(
        &self,
        _: MessageMetadata,
        record: DeliveryRecord,
    ) -> BoxFuture<'_, Result<(), TransportError>> {
        self.endpoint.table().set_record(self.lease, record);
        Box::pin(ready(Ok(())))
    }
}

impl Drop for EndpointAcknowledger {
    /// Releases an event that was dropped unsettled, so that the sender gets its response at once.
    fn drop(&mut self) {
        self.release(Duration::ZERO);
    }
}
