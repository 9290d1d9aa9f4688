//! Publishing on core NATS, without a stream.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use async_nats::client::{PublishErrorKind, Request, RequestErrorKind};
use eventkit::ToEvent;
use eventkit::event::Event;
use eventkit::transport::{
    BoxFuture, Destination, Published, Publisher, PublisherExt, RawMessage, TransportError,
    TransportErrorKind, is_reserved, telemetry,
};
use tokio::time::timeout;

use super::consumer::connects;
use crate::mapping::{Mapping, OutgoingMessage};

/// A publisher for core NATS, without JetStream; clones share the connection.
///
/// It is created by [`NatsBuilder::open_core`](super::NatsBuilder::open_core). An event is
/// published at most once: programs that are subscribed at that moment receive it, and the server
/// does not store it for others. [`publish`](Self::publish) returns once the server has received the
/// event. It cannot detect whether any program is subscribed, or whether the server refused the
/// event because of a missing permission.
///
/// A service needs a [`Nats`](super::Nats), which keeps events until they are handled. A service
/// may publish its outgoing events with this publisher, but events that no program receives are
/// lost. Dead letters and replays are refused.
#[derive(Debug, Clone)]
pub struct CorePublisher {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    client: Client,
    mapping: Mapping,
    /// The subjects of events, with wildcards.
    subjects: String,
    timeout: Duration,
}

impl CorePublisher {
    pub(super) fn new(client: Client, mapping: Mapping, timeout: Duration) -> Self {
        let inner = Inner {
            client,
            subjects: mapping.subjects.of_events().join(", "),
            mapping,
            timeout,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Publishes an event or a typed value, and returns once the server has received it.
    ///
    /// The user needs permission to publish and subscribe to `_INBOX.>`, or to the custom inbox
    /// prefix of the client: a message that the client sends to itself confirms that the server has
    /// received all previous messages.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the server did not confirm it; the
    /// event may still have been published.
    pub async fn publish<E: ToEvent + ?Sized>(
        &self,
        event: &E,
    ) -> Result<Published, TransportError> {
        PublisherExt::publish(self, event).await
    }

    fn to_destination(&self) -> Destination<'_> {
        Destination::new("nats", &self.inner.subjects)
    }

    async fn send(
        &self,
        operation: &str,
        message: OutgoingMessage,
    ) -> Result<Published, TransportError> {
        let sending = self.send_and_confirm(operation, message);
        match timeout(self.inner.timeout, sending).await {
            Ok(sent) => sent.map(|()| Published::default()),
            Err(_) => Err(TransportError::unavailable(format!(
                "failed to {operation}: no confirmation within {:?}",
                self.inner.timeout
            ))),
        }
    }

    async fn send_and_confirm(
        &self,
        operation: &str,
        message: OutgoingMessage,
    ) -> Result<(), TransportError> {
        let client = &self.inner.client;
        let OutgoingMessage {
            subject,
            headers,
            body,
        } = message;
        let connects_before = connects(client);
        let sent = client.publish_with_headers(subject, headers, body).await;
        sent.map_err(|error| {
            let kind = match error.kind() {
                PublishErrorKind::MaxPayloadExceeded | PublishErrorKind::InvalidSubject => {
                    TransportErrorKind::Rejected
                }
                PublishErrorKind::Send => TransportErrorKind::Unavailable,
            };
            TransportError::new(kind, format!("failed to {operation}"))
                .with_source(error.to_string())
        })?;
        // The server handles the messages of a connection in order, so this message returns after
        // the server has handled the event. The client's `flush` does not wait for the server.
        let inbox = client.new_inbox();
        let echo = Request::new().inbox(inbox.clone()).timeout(None);
        match client.send_request(inbox, echo).await {
            // A connection without echo has no responders.
            Err(error) if error.kind() != RequestErrorKind::NoResponders => Err(
                TransportError::unavailable(format!("failed to {operation}"))
                    .with_source(error.to_string()),
            ),
            _ if connects(client) != connects_before => Err(TransportError::unavailable(format!(
                "failed to {operation}: the connection to the server was interrupted"
            ))),
            _ => Ok(()),
        }
    }
}

impl Publisher for CorePublisher {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        telemetry::publish(self.to_destination(), event, move |event| async move {
            let operation = format!("publish {event}");
            let message = self.inner.mapping.encode(&operation, &event)?;
            self.send(&operation, message).await
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
            let operation = format!("publish a message to `{ty}`");
            if is_reserved(ty) {
                return Err(TransportError::configuration(format!(
                    "failed to {operation}: core NATS does not store dead letters or replays, which need \
                     JetStream"
                )));
            }
            let message = self.inner.mapping.convert(&operation, ty, message)?;
            self.send(&operation, message).await
        })
    }
}
