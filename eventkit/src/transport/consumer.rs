//! The receiving side of a transport.

use std::fmt::Debug;
use std::future::ready;

use super::{
    BoxFuture, Incoming, Publisher, Subscription, SubscriptionInfo, SubscriptionStatus,
    TransportError,
};

/// A broker, or anything else that delivers events to subscriptions and publishes them.
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
    /// Returns the name for logs and health, such as `nats`.
    fn name(&self) -> &str;

    /// Prepares for subscriptions that are about to be opened together.
    ///
    /// A service calls this when it starts, before it opens the first subscription. A transport that
    /// forgets a message once all known subscriptions have settled it has to know all of them from
    /// now on: otherwise the handler whose subscription opens first leaves nothing for the others.
    /// A transport that keeps messages for later subscriptions, as a log does, has nothing to do,
    /// and the default implementation does nothing. A transport that wraps another one forwards the
    /// call.
    ///
    /// This does not wait, and does not fail: [`subscribe`](Self::subscribe) reports a subscription
    /// that cannot be opened.
    fn prepare(&self, subscriptions: &[Subscription]) {
        let _ = subscriptions;
    }

    /// Checks what a subscription asks for, without a connection.
    ///
    /// A service calls this when it is built. The default implementation finds nothing wrong.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport can never give what the subscription asks for, such as a
    /// [start position](Subscription::start) where the transport has no positions.
    fn check_subscription(&self, subscription: &Subscription) -> Result<(), TransportError> {
        let _ = subscription;
        Ok(())
    }

    /// Opens a consumer, and creates what it needs at the broker where that is absent.
    ///
    /// The broker has answered when this returns `Ok`: a service takes that as the proof that the
    /// consumer has resumed.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker cannot be reached, or if what exists there does not fit the
    /// subscription.
    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>>;

    /// Lists the durable subscriptions, of all services and processes; `None` if the transport does
    /// not know them, which is the default.
    ///
    /// Dead letters are replayed to the handlers that this lists, and counted by it.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker cannot be reached.
    fn subscriptions(
        &self,
    ) -> BoxFuture<'_, Result<Option<Vec<SubscriptionInfo>>, TransportError>> {
        Box::pin(ready(Ok(None)))
    }

    /// Returns what the transport knows at present about a subscription that this process uses.
    ///
    /// This does not wait: a transport that asks its broker does so from time to time while a consumer is
    /// open. The default implementation knows nothing.
    fn subscription_status(&self, subscription: &Subscription) -> SubscriptionStatus {
        let _ = subscription;
        SubscriptionStatus::default()
    }
}

/// The stream of messages of one subscription.
///
/// [`Transport`] has an example of a consumer.
pub trait Consumer: Debug + Send {
    /// Waits for the next message; `None` once the stream has ended for good.
    ///
    /// Dropping the future loses no message. A consumer that can no longer reach the broker returns
    /// an error within a bounded time; the service then drops it and subscribes again.
    ///
    /// # Errors
    ///
    /// Returns an error if the consumer is lost.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>>;

    /// Closes the consumer, and returns messages that it prefetched and never delivered.
    ///
    /// Once this returns, other consumers can receive them without waiting for `ack_wait`. Messages
    /// that the consumer delivered can still be settled. A consumer that is dropped without being
    /// closed may return messages in the background, or not at all.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker could not be told; the messages are delivered again after
    /// `ack_wait`.
    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>>;
}
