//! The receiving side of a transport.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use super::{BoxFuture, Incoming, MaybeReady, MessageInfo, Publisher, TransportError};

/// Says what one handler of a service wants from a transport.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscription {
    /// The durable name, of ASCII letters, digits, `-` and `_`: under it the transport remembers
    /// how far the handler has come, across restarts of both sides. Consumers of one name share
    /// the messages.
    pub name: String,
    /// The event types and patterns, as `#[handles]` takes them.
    pub patterns: Vec<String>,
    /// How long a message may go without a word before it is given to another consumer.
    pub ack_wait: Duration,
    /// How many messages one consumer may have unsettled at once. A message that was given back
    /// with a delay does not count while it waits.
    pub in_flight: usize,
}

impl Subscription {
    /// Makes a subscription with an `ack_wait` of 30 seconds and 256 messages in flight.
    pub fn new(
        name: impl Into<String>,
        patterns: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            patterns: patterns.into_iter().map(Into::into).collect(),
            ack_wait: Duration::from_secs(30),
            in_flight: 256,
        }
    }
}

/// Is implemented by what handlers can be run on.
pub trait Transport: Publisher + Debug + Send + Sync {
    /// Returns the name for logs and health, such as `nats`.
    fn name(&self) -> &str;

    /// Learns which subscriptions are about to be opened together, before the first of them is.
    ///
    /// A service says it when it begins to run. A transport that forgets a message once all
    /// subscriptions that it knows have settled it has to know these from now on: a handler whose
    /// subscription opens first would otherwise leave nothing for the others. One that keeps
    /// messages for subscriptions to come, as a log does, has nothing to do, which is what this does
    /// unless it is written; a transport around another one passes it on. It does not wait.
    ///
    /// What cannot be subscribed to is no concern of this: [`subscribe`](Self::subscribe) says so.
    fn announce(&self, subscriptions: &[Subscription]) {
        let _ = subscriptions;
    }

    /// Opens a consumer, and makes what it needs on the other side where it is absent.
    ///
    /// The other side has answered when this returns `Ok`: a service takes it as the proof that
    /// the consumer has resumed.
    ///
    /// # Errors
    ///
    /// Where the other side cannot be reached, or what is there does not fit the subscription.
    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>>;
}

/// Is implemented by the stream of messages of one subscription.
pub trait Consumer: Debug + Send {
    /// Waits for the next message; `None` where the stream has ended for good.
    ///
    /// Dropping the future loses no message. A consumer that cannot reach the other side any more
    /// says so within a bounded time; it is then dropped, and the service subscribes anew.
    ///
    /// # Errors
    ///
    /// Where the consumer is lost.
    fn next(&mut self) -> MaybeReady<'_, Result<Option<Incoming>, TransportError>>;

    /// Closes the consumer: what it had on its way and nobody has seen is given back when this
    /// returns, and need not wait for `ack_wait`.
    ///
    /// Messages that it gave out can still be settled. A consumer that is dropped without this may
    /// give back in the background, or not at all.
    ///
    /// # Errors
    ///
    /// Where the other side could not be told; what nobody has seen comes again after `ack_wait`.
    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>>;
}

/// Says how a message is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settling {
    /// It has been handled, and does not come again.
    Ack,
    /// It cannot be handled, and does not come again.
    Terminate,
    /// It is given back, to come again after a delay.
    Nack(Duration),
}

/// Is implemented by what settles the messages of a consumer: one for all of them, which takes no
/// allocation for each, or one for each.
///
/// A message of which nothing is said stays unsettled, and comes again. What has to be done where one is
/// dropped without a word belongs into the [`Drop`] of a settler for each.
pub trait Settle: Debug + Send + Sync {
    /// Settles a message, which is known by its info.
    ///
    /// # Errors
    ///
    /// Where the other side did not confirm: the message may come again, and one that was to come
    /// after a delay comes after `ack_wait`.
    fn settle(
        self: Arc<Self>,
        message: MessageInfo,
        how: Settling,
    ) -> MaybeReady<'static, Result<(), TransportError>>;

    /// Says that a message is still being worked on, which starts `ack_wait` anew.
    ///
    /// # Errors
    ///
    /// Where the other side could not be told.
    fn in_progress(&self, message: MessageInfo) -> BoxFuture<'_, Result<(), TransportError>>;
}

/// Is the means to settle one message, once.
///
/// Dropping it without a word leaves the message unsettled: it comes again.
#[derive(Debug)]
pub struct Settler {
    by: Arc<dyn Settle>,
    message: MessageInfo,
}

impl Settler {
    /// Makes it of what settles the message, and what that knows it by.
    #[must_use]
    pub fn new(by: Arc<dyn Settle>, message: MessageInfo) -> Self {
        Self { by, message }
    }

    /// Settles the message.
    ///
    /// # Errors
    ///
    /// Where the other side did not confirm: the message may come again, and one that was to come
    /// after a delay comes after `ack_wait`.
    pub fn settle(self, how: Settling) -> MaybeReady<'static, Result<(), TransportError>> {
        self.by.settle(self.message, how)
    }

    /// Settles the message: it does not come again.
    ///
    /// # Errors
    ///
    /// Where the other side did not confirm; the message may come again.
    pub fn ack(self) -> MaybeReady<'static, Result<(), TransportError>> {
        self.settle(Settling::Ack)
    }

    /// Settles the message as one that cannot be handled: it does not come again.
    ///
    /// # Errors
    ///
    /// Where the other side did not confirm; the message may come again.
    pub fn terminate(self) -> MaybeReady<'static, Result<(), TransportError>> {
        self.settle(Settling::Terminate)
    }

    /// Gives the message back, to come again after a delay.
    ///
    /// # Errors
    ///
    /// Where the other side could not be told; the message comes again after `ack_wait`.
    pub fn nack(self, delay: Duration) -> MaybeReady<'static, Result<(), TransportError>> {
        self.settle(Settling::Nack(delay))
    }

    /// Says that the message is still being worked on, which starts `ack_wait` anew.
    ///
    /// # Errors
    ///
    /// Where the other side could not be told.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn in_progress(&self) -> BoxFuture<'_, Result<(), TransportError>> {
        self.by.in_progress(self.message)
    }
}
