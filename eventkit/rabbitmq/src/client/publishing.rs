//! Channels on which the broker confirms messages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventkit::transport::TransportError;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::error::{answer, is_mismatch, is_not_found, transport_error};
use super::link::Links;
use crate::mapping::message::encoded_size;
use crate::mapping::names::short;

/// The maximum number of messages that are published at a time, each on its own channel.
const MAX_CHANNELS: usize = 64;

/// The size of a frame that every connection has.
const MIN_FRAME_SIZE: usize = 4_096;

/// Channels on which the broker confirms what is published.
///
/// A channel has one message at a time. The client gives a message that no queue takes to the next
/// confirmation of its channel, which may be that of another message. And the broker closes the channel of a
/// message that it refuses, with all other messages on it.
#[derive(Debug)]
pub(super) struct Publishing {
    links: Arc<Links>,
    timeout: Duration,
    /// The channels without a message.
    idle: Mutex<Vec<Channel>>,
    permits: Semaphore,
}

/// The outcome of a confirmed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Stored,
    /// No queue takes the message.
    Unrouted,
    /// The exchange was deleted.
    NoExchange,
}

impl Publishing {
    pub(super) fn new(links: Arc<Links>, timeout: Duration) -> Self {
        Self {
            links,
            timeout,
            idle: Mutex::default(),
            permits: Semaphore::new(MAX_CHANNELS),
        }
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.links.publishing.is_blocked()
    }

    /// Publishes a message, and returns once the broker has confirmed it; `operation` completes the message
    /// "failed to ..".
    pub(super) async fn publish(
        &self,
        operation: &str,
        exchange: &str,
        key: &str,
        properties: BasicProperties,
        body: &[u8],
    ) -> Result<Outcome, TransportError> {
        self.check_size(operation, &properties)?;
        let publishing = async {
            let _permit = self.permits.acquire().await;
            let channel = self.channel().await?;
            let options = BasicPublishOptions {
                mandatory: true,
                ..BasicPublishOptions::default()
            };
            let sent = channel
                .basic_publish(short(exchange), short(key), options, body, properties)
                .await;
            let confirmation = match sent {
                Ok(confirm) => confirm.await,
                Err(error) => Err(error),
            };
            if confirmation.is_ok() {
                self.idle().push(channel);
            }
            match confirmation {
                Err(error) if is_not_found(&error) => Ok(None),
                Err(error) if is_mismatch(&error) => Err(TransportError::rejected(format!(
                    "failed to {operation}: the broker refuses it"
                ))
                .with_source(error)),
                confirmation => confirmation
                    .map(Some)
                    .map_err(|error| transport_error(operation, error)),
            }
        };
        match timeout(self.timeout, publishing).await {
            Ok(Ok(Some(Confirmation::Ack(None)))) => Ok(Outcome::Stored),
            Ok(Ok(Some(Confirmation::Ack(Some(_))))) => Ok(Outcome::Unrouted),
            Ok(Ok(None)) => Ok(Outcome::NoExchange),
            // A queue that is full, or that lost the majority of its replicas.
            Ok(Ok(Some(_))) => Err(TransportError::unavailable(format!(
                "failed to {operation}: the broker refused to store it"
            ))),
            Ok(Err(error)) => Err(error),
            Err(_) if self.is_blocked() => Err(TransportError::unavailable(format!(
                "failed to {operation}: the broker blocks publishing because of a memory or disk alarm"
            ))),
            Err(_) => Err(TransportError::unavailable(format!(
                "failed to {operation}: the broker did not confirm it within {:?}",
                self.timeout
            ))),
        }
    }

    /// Checks that the properties of a message fit in a frame. Otherwise the broker would close the connection,
    /// with all other messages on it.
    fn check_size(
        &self,
        operation: &str,
        properties: &BasicProperties,
    ) -> Result<(), TransportError> {
        let bytes = encoded_size(properties);
        let max = self.links.publishing.max_frame_size();
        if bytes <= MIN_FRAME_SIZE || bytes <= max {
            return Ok(());
        }
        Err(TransportError::rejected(format!(
            "failed to {operation}: its headers have {bytes} bytes, and a frame of this connection holds {max}"
        )))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Channel>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a channel without a message, or opens one.
    async fn channel(&self) -> Result<Channel, TransportError> {
        while let Some(channel) = { self.idle().pop() } {
            if channel.status().connected() {
                return Ok(channel);
            }
        }
        let channel = self.links.publishing.channel().await?;
        let selecting = channel.confirm_select(ConfirmSelectOptions::default());
        answer("ask for confirmations", self.timeout, selecting).await?;
        Ok(channel)
    }
}
