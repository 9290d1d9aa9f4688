//! The messages that a consumer received but did not deliver, which are returned when it is closed.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use async_nats::jetstream::AckKind;
use async_nats::{Subject, Subscriber};
use bytes::Bytes;
use eventkit::transport::{Incoming, MessageMetadata, TransportError, with_causes};
use futures_core::Stream;
use tokio::time::timeout;
use tracing::debug;

use super::active_subscription::ActiveSubscription;
use super::delivery_records;
use crate::mapping::message;

/// Returns messages that were held back for older ones.
pub(super) async fn return_held(subscription: &ActiveSubscription, held: VecDeque<Incoming>) {
    let (state, durable) = (&subscription.shared.state, &subscription.durable.name);
    for incoming in held {
        let accounted = delivery_records::account_for(state, durable, incoming.metadata).await;
        if let Err(error) = accounted {
            debug!(
                error = with_causes(&error),
                "failed to record that a message was returned"
            );
        }
        // If this is lost, the message is redelivered after `ack_wait`.
        let _ = incoming.handle.nack(Duration::ZERO).await;
    }
}

/// Returns messages that were received but not delivered, so that they need not wait for
/// `ack_wait`.
pub(super) async fn return_received(
    subscription: &ActiveSubscription,
    info_subject: &str,
    messages: Subscriber,
) -> Result<(), TransportError> {
    let api = &subscription.shared.api;
    let look_up = || api.request("look up a consumer", info_subject, None, Bytes::new());
    // The server sends messages that are already on their way before its response.
    look_up().await?;
    let undelivered = timeout(api.timeout, drain(messages));
    let undelivered = undelivered.await.unwrap_or_default();
    if let Err(error) = account_for(subscription, &undelivered).await {
        debug!(
            error = with_causes(&error),
            "failed to record that messages were returned"
        );
    }
    // The server now drops the requests of the closed inbox. If one of them were pending, a 2.9
    // server would mistake another message for the returned one.
    look_up().await?;
    for (reply, _) in undelivered {
        // If this is lost, the message is redelivered after `ack_wait`.
        let nak = api.client.publish(reply, AckKind::Nak(None).into()).await;
        nak.map_err(|error| {
            TransportError::unavailable("failed to return undelivered messages")
                .with_source(error.to_string())
        })?;
    }
    // The response confirms that the server has received all previous messages.
    look_up().await.map(drop)
}

/// Records that messages are returned undelivered. Without the record, a message is suspected of
/// having ended its process.
async fn account_for(
    subscription: &ActiveSubscription,
    undelivered: &[(Subject, MessageMetadata)],
) -> Result<(), TransportError> {
    let (state, durable) = (&subscription.shared.state, &subscription.durable.name);
    for (_, metadata) in undelivered {
        if metadata.delivery_count == 1 {
            delivery_records::account_for_first(state, durable, *metadata).await?;
        } else {
            delivery_records::account_for(state, durable, *metadata).await?;
        }
    }
    Ok(())
}

/// Unsubscribes, and returns the reply subjects and the metadata of all messages that were received
/// until then.
async fn drain(mut messages: Subscriber) -> Vec<(Subject, MessageMetadata)> {
    let mut undelivered = Vec::new();
    if messages.drain().await.is_err() {
        return undelivered;
    }
    while let Some(message) = poll_fn(|context| Pin::new(&mut messages).poll_next(context)).await {
        if message.status.is_none()
            && let Some(metadata) = message::metadata(&message)
        {
            undelivered.extend(message.reply.map(|reply| (reply, metadata)));
        }
    }
    undelivered
}
