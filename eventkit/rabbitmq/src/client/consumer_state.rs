//! The state that a consumer shares with its keeper and with the messages that it delivered.

use std::sync::Arc;

use eventkit::transport::{BoxFuture, TransportError, with_causes};
use lapin::message::Delivery;
use tracing::debug;

use super::deliveries::Deliveries;
use super::delivery_tag::DeliveryTag;
use super::entry::Entry;
use super::error::{REPLY_SUCCESS, answer};
use super::received_message::ReceivedMessage;
use super::record;
use super::shared::Shared;
use crate::mapping::names::short;

/// An open subscription, for as long as one of its messages is not settled.
#[derive(Debug)]
pub(super) struct ConsumerState {
    pub(super) shared: Arc<Shared>,
    /// The digest of the selection.
    pub(super) digest: String,
    pub(super) deliveries: Arc<Deliveries>,
}

impl ConsumerState {
    /// Stops the consumer, and returns the messages that it did not deliver.
    pub(super) async fn close(
        self: Arc<Self>,
        stopping: BoxFuture<'static, lapin::Result<()>>,
    ) -> Result<(), TransportError> {
        let deliveries = &self.deliveries;
        let Deliveries {
            channel, timeout, ..
        } = &**deliveries;
        if !channel.status().connected() {
            // The broker has returned them.
            return Ok(());
        }
        answer("stop a consumer", *timeout, stopping).await?;
        let tags = self.account_for(deliveries.take_undelivered()).await;
        if !deliveries.is_handling() {
            return self.close_channel().await;
        }
        if deliveries.returns_by_closing() {
            // The channel closes when its last message is settled. The consumer is cancelled, so that other consumers
            // receive new messages until then.
            answer("cancel a consumer", *timeout, deliveries.cancel()).await?;
            self.account_for(deliveries.take_undelivered()).await;
            return Ok(());
        }
        deliveries.return_held();
        for tag in tags {
            tag.requeue(channel);
        }
        deliveries.flush().await
    }

    /// Closes the channel, which returns all messages, in their order.
    async fn close_channel(&self) -> Result<(), TransportError> {
        let deliveries = &self.deliveries;
        let Deliveries {
            channel, timeout, ..
        } = &**deliveries;
        // This consumer must not be cancelled before the channel is closed.
        let mut last = None;
        if deliveries.returns_by_closing() {
            let flushing = deliveries.flush_acknowledgements();
            match answer("wait for acknowledgements", *timeout / 2, flushing).await {
                Ok(consumer) => last = Some(consumer),
                // The messages must be returned anyway, and those that were acknowledged last may come again.
                Err(error) => debug!(
                    error = with_causes(&error),
                    "failed to wait for acknowledgements"
                ),
            }
            // The consumer is not cancelled, so the broker has sent more messages meanwhile.
            self.account_for(deliveries.take_undelivered()).await;
        }
        if !channel.status().connected() {
            return Ok(());
        }
        let closing = channel.close(REPLY_SUCCESS, short("closed"));
        let closed = answer("close a channel", *timeout, closing).await;
        drop(last);
        // These arrived before the broker closed the channel.
        self.account_for(deliveries.take_undelivered()).await;
        closed
    }

    /// Records that messages were not handled, and returns their tags. Otherwise each of them would be suspected
    /// of having ended the process.
    async fn account_for(&self, undelivered: Vec<Delivery>) -> Vec<DeliveryTag> {
        let (mut messages, mut tags) = (Vec::new(), Vec::new());
        for delivery in undelivered {
            let received = ReceivedMessage::read(&self.shared.names, delivery);
            let ReceivedMessage {
                origin,
                properties,
                body,
                ..
            } = &received;
            let key = record::key(self.shared.limits, origin, properties, body);
            messages.push((key, received.metadata.delivery_count));
            tags.push(received.tag);
        }
        let entry = Entry::Return {
            queue: self.deliveries.queue.to_string(),
            messages,
        };
        if !tags.is_empty()
            && let Err(error) = self.shared.log.note(entry).await
        {
            debug!(
                error = with_causes(&error),
                "failed to record that messages were returned"
            );
        }
        tags
    }
}
