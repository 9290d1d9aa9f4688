//! Publishing, with confirmations of the broker.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use eventkit::transport::TransportError;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::time::timeout;

use super::error::{answer, is_mismatch, is_not_found, transport_error};
use super::link::Link;
use crate::mapping::names::short;

/// A channel on which the broker confirms what is published.
#[derive(Debug)]
pub(super) struct Publishing {
    link: Link,
    timeout: Duration,
    channel: Mutex<Option<Channel>>,
    opening: tokio::sync::Mutex<()>,
}

/// What became of a confirmed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Stored,
    /// No queue takes the message.
    Unrouted,
    /// The exchange was deleted.
    NoExchange,
}

impl Publishing {
    pub(super) fn new(link: Link, timeout: Duration) -> Self {
        Self {
            link,
            timeout,
            channel: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.link.is_blocked()
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
        let publishing = async {
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
                "failed to {operation}: the broker takes no messages, because its memory or disk is short"
            ))),
            Err(_) => Err(TransportError::unavailable(format!(
                "failed to {operation}: the broker did not confirm it within {:?}",
                self.timeout
            ))),
        }
    }

    async fn channel(&self) -> Result<Channel, TransportError> {
        if let Some(channel) = self.current() {
            return Ok(channel);
        }
        let _opening = self.opening.lock().await;
        if let Some(channel) = self.current() {
            return Ok(channel);
        }
        let channel = self.link.channel().await?;
        let selecting = channel.confirm_select(ConfirmSelectOptions::default());
        answer("ask for confirmations", self.timeout, selecting).await?;
        let mut current = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(current.insert(channel).clone())
    }

    /// Returns the channel, unless it or its connection was lost.
    fn current(&self) -> Option<Channel> {
        let current = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone().filter(|own| own.status().connected())
    }
}
