//! Publishing of events, and of the messages of services.

use eventkit::ToEvent;
use eventkit::event::Event;
use eventkit::transport::{
    BoxFuture, Destination, Published, Publisher, PublisherExt, RawMessage, TransportError,
    is_reserved, telemetry,
};

use super::entry::SubscriptionState;
use super::publishing::Outcome;
use super::shared::Shared;
use super::transport::RabbitMq;
use crate::mapping::message::{self, OutgoingMessage};

impl RabbitMq {
    /// Publishes an event or a typed value, and returns once it is stored in the queues of all subscriptions
    /// that select it.
    ///
    /// An event that no subscription selects is not stored, and is reported as
    /// [unrouted](Published::unrouted).
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the broker did not confirm the event.
    pub async fn publish<E: ToEvent + ?Sized>(
        &self,
        event: &E,
    ) -> Result<Published, TransportError> {
        PublisherExt::publish(self, event).await
    }

    fn to_destination(&self) -> Destination<'_> {
        Destination::new("rabbitmq", &self.shared.names.events)
    }

    async fn send(
        &self,
        operation: &str,
        exchange: &str,
        message: OutgoingMessage,
    ) -> Result<Outcome, TransportError> {
        let OutgoingMessage {
            key,
            properties,
            body,
        } = message;
        let publishing = &self.shared.publishing;
        let outcome = publishing
            .publish(operation, exchange, &key, properties, &body)
            .await?;
        if outcome == Outcome::NoExchange {
            self.shared.administrator().declare_shared().await?;
            // The bindings of the exchange were deleted with it.
            self.restore_bindings().await?;
            return Err(TransportError::unavailable(format!(
                "failed to {operation}: the exchange `{exchange}` was deleted, and is declared again"
            )));
        }
        Ok(outcome)
    }

    /// Publishes a message to a reserved event type, which must reach a queue.
    async fn send_reserved(
        &self,
        ty: &str,
        message: OutgoingMessage,
    ) -> Result<(), TransportError> {
        let operation = format!("publish a message to `{ty}`");
        let exchange = &self.shared.names.services;
        if self.send(&operation, exchange, message.clone()).await? == Outcome::Stored {
            return Ok(());
        }
        self.restore_queues(ty).await?;
        match self.send(&operation, exchange, message).await? {
            Outcome::Stored => Ok(()),
            Outcome::Unrouted | Outcome::NoExchange => Err(TransportError::unavailable(format!(
                "failed to {operation}: no queue receives it"
            ))),
        }
    }

    /// Binds the queues of all subscriptions again, except for those that were deleted.
    async fn restore_bindings(&self) -> Result<(), TransportError> {
        let administrator = self.shared.administrator();
        for subscription in self.recorded_subscriptions().await? {
            let queue = &subscription.queue;
            if administrator.counts(queue).await?.is_some() {
                let bindings = subscription.all_bindings();
                administrator.bind_all(queue, &bindings).await?;
            }
        }
        Ok(())
    }

    async fn recorded_subscriptions(&self) -> Result<Vec<SubscriptionState>, TransportError> {
        self.shared.log.sync().await?;
        Ok(self
            .shared
            .log
            .with_state(|state| state.all().cloned().collect()))
    }

    /// Declares the deleted queues of the subscriptions that receive a reserved event type.
    async fn restore_queues(&self, ty: &str) -> Result<(), TransportError> {
        let administrator = self.shared.administrator();
        for subscription in self.recorded_subscriptions().await? {
            let queue = &subscription.queue;
            let bindings = subscription.all_bindings();
            if bindings.iter().any(|own| own.is_reserved && own.key == ty) {
                administrator.declare_subscription(queue).await?;
                administrator.bind_all(queue, &bindings).await?;
            }
        }
        Ok(())
    }
}

impl Publisher for RabbitMq {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        telemetry::publish(self.to_destination(), event, move |event| async move {
            let Shared {
                mode,
                limits,
                names,
                ..
            } = &*self.shared;
            let message = message::encode(&event, mode, limits)?;
            let outcome = self
                .send("publish the event", &names.events, message)
                .await?;
            Ok(Published::default().unrouted(outcome != Outcome::Stored))
        })
    }

    fn destination(&self) -> Option<Destination<'_>> {
        Some(self.to_destination())
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            let converted = message::convert(ty, message)?;
            if is_reserved(ty) {
                self.send_reserved(ty, converted).await?;
                return Ok(Published::default());
            }
            let exchange = &self.shared.names.events;
            let outcome = self.send("publish a message", exchange, converted).await?;
            Ok(Published::default().unrouted(outcome != Outcome::Stored))
        })
    }
}
