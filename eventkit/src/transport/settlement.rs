//! The acknowledgement of messages.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BoxFuture, MessageMetadata, TransportError};

/// The settlement of a message, as a transport receives it.
///
/// [`Acknowledger`] has an example that receives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// The message was handled, and is not delivered again.
    Ack,
    /// The message cannot be handled, and is not delivered again.
    Terminate,
    /// The message is returned, to be delivered again after a delay.
    Nack(Duration),
    /// The message is not one that the subscription selects.
    ///
    /// It is not delivered again, unless a later selection of the subscription is
    /// [recorded](super::Subscription#selections): then it may be one that the later selection is for, and is
    /// returned to be delivered again after a delay of the transport's choice. The transport accounts for
    /// such a delivery in the [record](DeliveryRecord::accounted_deliveries) of the message, if all before
    /// it are accounted for.
    Skip,
}

/// What is stored about the deliveries of a message whose handler did not succeed at once.
///
/// A service stores it before a retry, before it runs a suspect, and when it returns a message, and
/// loads it if a message was delivered before: never for a message whose handler succeeds at the first
/// delivery.
///
/// A transport may store it in any format of serde. A member that is absent is 0.
///
/// A service stores it with [`AckHandle::store_record`]. [`Acknowledger`] has an example of a transport that keeps none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DeliveryRecord {
    /// The number of runs of the handler that failed or timed out.
    pub failed_attempts: u32,
    /// The delivery count up to which every delivery ended with a failed attempt or was returned. A
    /// later delivery that ended otherwise was in hand when its process died or was cut off.
    pub accounted_deliveries: u32,
    /// The number of runs that were begun while the message was suspected of ending its process.
    pub suspect_runs: u32,
}

impl DeliveryRecord {
    /// Returns the record once a delivery ended without a run, if all deliveries before it are accounted
    /// for: otherwise the message stays a suspect.
    #[must_use]
    pub fn accounting_for(mut self, delivery_count: u32) -> Option<Self> {
        let is_next = self.accounted_deliveries.saturating_add(1) == delivery_count;
        self.accounted_deliveries = delivery_count;
        is_next.then_some(self)
    }
}

/// Settles the messages of a consumer.
///
/// One acknowledger may serve all messages of a consumer, which costs no allocation for each, or one
/// message only. A message that is never settled is delivered again. What has to happen when a
/// message is dropped unsettled belongs in the [`Drop`] of an acknowledger of its own.
///
/// ```
/// use std::sync::Arc;
/// use std::future::ready;
/// use eventkit::transport::{
///     Acknowledger, BoxFuture, DeliveryRecord, MessageMetadata, Settlement, TransportError,
/// };
///
/// /// Prints how messages are settled, for a transport that keeps none.
/// #[derive(Debug)]
/// struct Printer;
///
/// impl Acknowledger for Printer {
///     fn settle(
///         self: Arc<Self>,
///         message: MessageMetadata,
///         settlement: Settlement,
///     ) -> BoxFuture<'static, Result<(), TransportError>> {
///         println!("{message:?}: {settlement:?}");
///         Box::pin(ready(Ok(())))
///     }
///
///     fn in_progress(&self, _: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
///         Box::pin(ready(Ok(())))
///     }
///
///     fn load_record(
///         &self,
///         _: MessageMetadata,
///     ) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>> {
///         Box::pin(ready(Ok(DeliveryRecord::default())))
///     }
///
///     fn store_record(
///         &self,
///         _: MessageMetadata,
///         _: DeliveryRecord,
///     ) -> BoxFuture<'_, Result<(), TransportError>> {
///         Box::pin(ready(Ok(())))
///     }
/// }
/// ```
pub trait Acknowledger: Debug + Send + Sync {
    /// Settles the message with this metadata.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm. The message may then be delivered again, and
    /// one that was to return after a delay may return after `ack_wait` instead.
    fn settle(
        self: Arc<Self>,
        message: MessageMetadata,
        settlement: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>>;

    /// Extends the time in which the message has to be settled by `ack_wait`, counted from now.
    ///
    /// A transport whose messages stay with their consumer until it is lost has nothing to do.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker could not be told.
    fn in_progress(&self, message: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>>;

    /// Loads the record of the message's deliveries; the default one if none is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the record cannot be read.
    fn load_record(
        &self,
        message: MessageMetadata,
    ) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>>;

    /// Stores the record of the message's deliveries, in place of an earlier one, for consumers of the
    /// subscription in any process.
    ///
    /// A transport forgets the record once the message is acknowledged or terminated. One that forgets
    /// its messages when its process ends may keep the records in memory. Like `load_record`, this does not
    /// depend on the consumer that received the message, which may be lost meanwhile: a service calls both
    /// until they succeed.
    ///
    /// # Errors
    ///
    /// Returns an error if the record is not stored.
    fn store_record(
        &self,
        message: MessageMetadata,
        record: DeliveryRecord,
    ) -> BoxFuture<'_, Result<(), TransportError>>;

    /// Returns the time without a sign of life after which the transport delivers the message again,
    /// if it is not the one of the subscription: an operator or a later deployment may have changed
    /// it. The default implementation returns `None`.
    fn ack_wait(&self) -> Option<Duration> {
        None
    }
}

/// A handle that settles one message, once.
///
/// Dropping it leaves the message unsettled: the transport delivers it again.
///
/// [`Transport`](super::Transport) has an example that acknowledges messages.
#[derive(Debug)]
pub struct AckHandle {
    acknowledger: Arc<dyn Acknowledger>,
    message: MessageMetadata,
}

impl AckHandle {
    /// Creates a handle for the message with this metadata.
    #[must_use]
    pub fn new(acknowledger: Arc<dyn Acknowledger>, message: MessageMetadata) -> Self {
        Self {
            acknowledger,
            message,
        }
    }

    /// Settles the message.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm. The message may then be delivered again, and
    /// one that was to return after a delay may return after `ack_wait` instead.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn settle(self, settlement: Settlement) -> BoxFuture<'static, Result<(), TransportError>> {
        self.acknowledger.settle(self.message, settlement)
    }

    /// Acknowledges the message: it is not delivered again.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm; the message may then be delivered again.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn ack(self) -> BoxFuture<'static, Result<(), TransportError>> {
        self.settle(Settlement::Ack)
    }

    /// Settles a message that cannot be handled: it is not delivered again.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm; the message may then be delivered again.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn terminate(self) -> BoxFuture<'static, Result<(), TransportError>> {
        self.settle(Settlement::Terminate)
    }

    /// Returns the message to the transport, which delivers it again after a delay.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker could not be told; the message is delivered again after
    /// `ack_wait`.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn nack(self, delay: Duration) -> BoxFuture<'static, Result<(), TransportError>> {
        self.settle(Settlement::Nack(delay))
    }

    /// Settles a message that the subscription does not select.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm; the message may then be delivered again.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn skip(self) -> BoxFuture<'static, Result<(), TransportError>> {
        self.settle(Settlement::Skip)
    }

    /// Extends the time in which the message has to be settled by `ack_wait`, counted from now.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker could not be told.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn in_progress(&self) -> BoxFuture<'_, Result<(), TransportError>> {
        self.acknowledger.in_progress(self.message)
    }

    /// Loads the record of the message's deliveries; the default one if none is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the record cannot be read.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn load_record(&self) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>> {
        self.acknowledger.load_record(self.message)
    }

    /// Stores the record of the message's deliveries, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// Returns an error if the record is not stored.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn store_record(
        &self,
        record: DeliveryRecord,
    ) -> BoxFuture<'_, Result<(), TransportError>> {
        self.acknowledger.store_record(self.message, record)
    }

    /// Returns the time without a sign of life after which the transport delivers the message again,
    /// if it is not the one of the subscription.
    #[must_use]
    pub fn ack_wait(&self) -> Option<Duration> {
        self.acknowledger.ack_wait()
    }
}
