//! The receiving side of a transport.

use std::fmt::Debug;
use std::future::ready;

use super::{
    BoxFuture, Incoming, Publisher, Subscription, SubscriptionInfo, SubscriptionStatus,
    TransportError,
};

/// A broker, or another system that publishes events and delivers them to subscriptions.
///
/// ```
/// use eventkit::transport::{Subscription, Transport, TransportError};
///
/// /// Prints the events of a type until the consumer ends.
/// async fn print(transport: &dyn Transport, ty: &str) -> Result<(), TransportError> {
///     let subscription = Subscription::new("printer", [ty]);
///     let mut consumer = transport.subscribe(&subscription).await?;
///     while let Some(incoming) = consumer.next().await? {
///         match &incoming.event {
///             Ok(event) => println!("{event}"),
///             Err(invalid) => println!("not an event: {}", invalid.error),
///         }
///         incoming.handle.ack().await?;
///     }
///     consumer.close().await
/// }
/// ```
pub trait Transport: Publisher + Debug + Send + Sync {
    /// Returns the name for logs and health reports, such as `nats`.
    fn name(&self) -> &str;

    /// Prepares for subscriptions that are about to be opened together.
    ///
    /// A service calls this when it starts, before it opens the first subscription. A transport that
    /// deletes a message once all known subscriptions have settled it must know all of them from now
    /// on. Otherwise the handler whose subscription opens first could leave no messages for the others.
    ///
    /// The default implementation does nothing, which suits a transport that keeps messages for later
    /// subscriptions, as a log does. A transport that wraps another one forwards the call.
    ///
    /// This neither waits nor fails: [`subscribe`](Self::subscribe) reports a subscription that cannot
    /// be opened.
    fn prepare(&self, subscriptions: &[Subscription]) {
        let _ = subscriptions;
    }

    /// Checks the settings of a subscription, without a connection.
    ///
    /// A service calls this when it is built. The default implementation accepts every subscription.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport does not support a setting of the subscription, such as a
    /// [start position](Subscription::start) on a transport without positions.
    fn check_subscription(&self, subscription: &Subscription) -> Result<(), TransportError> {
        let _ = subscription;
        Ok(())
    }

    /// Opens a consumer, and creates what it needs at the broker if that does not exist yet.
    ///
    /// The broker must have responded before this returns `Ok`, because the service then reports
    /// the subscription as running.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker cannot be reached, or if an existing consumer or stream does not
    /// fit the subscription.
    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>>;

    /// Lists the durable subscriptions of all services and processes. Returns `None`, as the default
    /// implementation does, if the transport does not know them.
    ///
    /// Dead letters are replayed only to handlers that are listed here, and counted by their `unsettled`.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker cannot be reached.
    fn subscriptions(
        &self,
    ) -> BoxFuture<'_, Result<Option<Vec<SubscriptionInfo>>, TransportError>> {
        Box::pin(ready(Ok(None)))
    }

    /// Returns the status of a subscription that this process uses, as the transport currently
    /// knows it.
    ///
    /// This does not wait. A transport that must ask its broker does so periodically while a
    /// consumer is open. The default implementation reports nothing.
    fn subscription_status(&self, subscription: &Subscription) -> SubscriptionStatus {
        let _ = subscription;
        SubscriptionStatus::default()
    }
}

/// The stream of messages of one subscription.
///
/// [`Transport`] has an example of a consumer.
pub trait Consumer: Debug + Send {
    /// Waits for the next message; returns `None` once the stream has ended permanently.
    ///
    /// No message is lost if the future is dropped. A consumer that can no longer reach the broker returns an
    /// error within a bounded time; the service then drops the consumer and opens a new one.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection to the broker is lost, or if the broker no longer has the
    /// consumer.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>>;

    /// Closes the consumer, and returns messages to the broker that it prefetched but did not deliver.
    ///
    /// Once this returns, other consumers can receive these messages without waiting for `ack_wait`.
    /// Messages that were delivered can still be settled. A consumer that is dropped instead may return
    /// its messages in the background, or not at all.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm this; the messages are then delivered again after
    /// `ack_wait`.
    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>>;
}
