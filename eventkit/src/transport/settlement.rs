//! The acknowledgement of messages.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BoxFuture, MessageMetadata, TransportError};

/// The settlement of a message: acknowledged, terminated, returned or skipped.
///
/// [`Acknowledger`] has an example that receives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// The message was handled; it is not delivered again.
    Ack,
    /// The message cannot be handled; it is not delivered again.
    Terminate,
    /// The message is returned, and delivered again after a delay.
    Nack(Duration),
    /// The subscription does not select the message.
    ///
    /// The message is not delivered again, unless the subscription has a later
    /// [recorded](super::Subscription#selections) selection. In that case the later selection may
    /// include the message, so it is delivered again after a delay that the transport chooses. The
    /// transport then adds the delivery to the [record](DeliveryRecord::accounted_deliveries) of the
    /// message, if all previous deliveries are accounted for.
    Skip,
}

/// The stored record of the deliveries of a message whose handler did not succeed at the first
/// attempt.
///
/// A service stores the record before a retry, before it runs a suspect, and when it returns a
/// message. It loads the record if the message was delivered before. A message whose handler
/// succeeds at the first delivery has no record.
///
/// A transport may store the record in any serde format. A missing field is 0.
///
/// A service stores it with [`AckHandle::store_record`]. [`Acknowledger`] has an example of a transport that does not store records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DeliveryRecord {
    /// The number of runs of the handler that failed or timed out.
    pub failed_attempts: u32,
    /// The delivery count up to which each delivery ended with a failed attempt or was returned. A
    /// later delivery that ended otherwise was being handled when its process died or lost its
    /// connection.
    pub accounted_deliveries: u32,
    /// The number of runs that began while the message was suspected of having ended its process.
    pub suspect_runs: u32,
}

impl DeliveryRecord {
    /// Returns the record after a delivery that ended without an attempt, or `None` if an earlier
    /// delivery is not accounted for: the message then remains a suspect.
    #[must_use]
    pub fn accounting_for(mut self, delivery_count: u32) -> Option<Self> {
        let is_next = self.accounted_deliveries.saturating_add(1) == delivery_count;
        self.accounted_deliveries = delivery_count;
        is_next.then_some(self)
    }
}

/// A handle that settles the messages of a consumer.
///
/// One acknowledger may serve all messages of a consumer, which saves an allocation for each
/// message. A message that is never settled is delivered again. A transport that must act when a
/// message is dropped unsettled uses one acknowledger per message, and implements [`Drop`] for it.
///
/// ```
/// use std::sync::Arc;
/// use std::future::ready;
/// use eventkit::transport::{
///     Acknowledger, BoxFuture, DeliveryRecord, MessageMetadata, Settlement, TransportError,
/// };
///
/// /// Prints how messages are settled, for a transport that does not store records.
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
    /// Returns an error if the broker did not confirm this. The message may then be delivered again, and
    /// one that was returned with a delay may be delivered after `ack_wait` instead.
    fn settle(
        self: Arc<Self>,
        message: MessageMetadata,
        settlement: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>>;

    /// Reports progress: the message must be settled within `ack_wait` from now.
    ///
    /// A transport whose messages stay with a consumer until its connection is lost need not do
    /// anything.
    ///
    /// # Errors
    ///
    /// Returns an error if the progress could not be reported to the broker.
    fn in_progress(&self, message: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>>;

    /// Loads the record of the message's deliveries; returns the default record if none is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the record cannot be read.
    fn load_record(
        &self,
        message: MessageMetadata,
    ) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>>;

    /// Stores the record of the message's deliveries, replacing an earlier one, for consumers of the
    /// subscription in any process.
    ///
    /// A transport deletes the record once the message is acknowledged or terminated. A transport that
    /// loses its messages when its process ends may keep the records in memory. Like `load_record`,
    /// this must also work after the consumer that received the message was lost: a service calls both
    /// until they succeed.
    ///
    /// # Errors
    ///
    /// Returns an error if the record could not be stored.
    fn store_record(
        &self,
        message: MessageMetadata,
        record: DeliveryRecord,
    ) -> BoxFuture<'_, Result<(), TransportError>>;

    /// Returns the actual time without a progress report after which the transport delivers the message
    /// again, if it differs from that of the subscription: an operator or a later deployment may
    /// have changed it. The default implementation returns `None`.
    fn ack_wait(&self) -> Option<Duration> {
        None
    }
}

/// A handle that settles one message, once.
///
/// Dropping the handle leaves the message unsettled: the transport delivers it again.
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
    /// Returns an error if the broker did not confirm this. The message may then be delivered again, and
    /// one that was returned with a delay may be delivered after `ack_wait` instead.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn settle(self, settlement: Settlement) -> BoxFuture<'static, Result<(), TransportError>> {
        self.acknowledger.settle(self.message, settlement)
    }

    /// Acknowledges the message: it is not delivered again.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm this; the message may then be delivered again.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn ack(self) -> BoxFuture<'static, Result<(), TransportError>> {
        self.settle(Settlement::Ack)
    }

    /// Terminates a message that cannot be handled: it is not delivered again.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm this; the message may then be delivered again.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn terminate(self) -> BoxFuture<'static, Result<(), TransportError>> {
        self.settle(Settlement::Terminate)
    }

    /// Returns the message to the transport, which delivers it again after a delay.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm this; the message is then delivered again after
    /// `ack_wait`.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn nack(self, delay: Duration) -> BoxFuture<'static, Result<(), TransportError>> {
        self.settle(Settlement::Nack(delay))
    }

    /// Settles a message that the subscription does not select.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm this; the message may then be delivered again.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn skip(self) -> BoxFuture<'static, Result<(), TransportError>> {
        self.settle(Settlement::Skip)
    }

    /// Reports progress: the message must be settled within `ack_wait` from now.
    ///
    /// # Errors
    ///
    /// Returns an error if the progress could not be reported to the broker.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn in_progress(&self) -> BoxFuture<'_, Result<(), TransportError>> {
        self.acknowledger.in_progress(self.message)
    }

    /// Loads the record of the message's deliveries; returns the default record if none is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the record could not be read.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn load_record(&self) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>> {
        self.acknowledger.load_record(self.message)
    }

    /// Stores the record of the message's deliveries, replacing an earlier one.
    ///
    /// # Errors
    ///
    /// Returns an error if the record could not be stored.
    #[must_use = "futures do nothing unless they are awaited"]
    pub fn store_record(
        &self,
        record: DeliveryRecord,
    ) -> BoxFuture<'_, Result<(), TransportError>> {
        self.acknowledger.store_record(self.message, record)
    }

    /// Returns the actual time without a progress report after which the transport delivers the message
    /// again, if it differs from that of the subscription.
    #[must_use]
    pub fn ack_wait(&self) -> Option<Duration> {
        self.acknowledger.ack_wait()
    }
}
