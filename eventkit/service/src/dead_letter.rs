//! The form of a dead letter, and where it is stored.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use uuid::Uuid;

use super::error::within;
use super::names;
use eventkit::BoxError;
use eventkit::event::{Event, Timestamp};
use eventkit::format::{Format, Json};
use eventkit::transport::{Publisher, RawMessage, Subscription, Transport, TransportError};

// The headers that a dead letter adds to its message.
pub(crate) const HANDLER: &str = "eventkit-handler";
pub(crate) const ERROR: &str = "eventkit-error";
pub(crate) const ATTEMPTS: &str = "eventkit-attempts";
pub(crate) const FIRST_FAILURE: &str = "eventkit-first-failure";
pub(crate) const LAST_FAILURE: &str = "eventkit-last-failure";
pub(crate) const HEADERS: [&str; 5] = [HANDLER, ERROR, ATTEMPTS, FIRST_FAILURE, LAST_FAILURE];

/// The maximum number of dead letters that one reader leases.
pub(crate) const MAX_LEASED_LETTERS: usize = 10_000;
const MAX_ERROR_CHARS: usize = 500;
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

/// The failure that a dead letter adds to its message.
#[derive(Debug)]
pub(crate) struct FailureRecord<'a> {
    /// The durable name of the subscription.
    pub(crate) handler: &'a str,
    /// The name of the transport.
    pub(crate) transport: &'a str,
    /// The position of the message on the transport.
    pub(crate) position: Option<u64>,
    pub(crate) error: &'a str,
    pub(crate) attempts: u32,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

impl FailureRecord<'_> {
    /// Encodes the dead letter of an event: the event in the JSON format, with more headers.
    pub(crate) fn encode_event(&self, event: &Event) -> Result<RawMessage, BoxError> {
        let id = self.id(&[event.source().as_bytes(), event.id().as_bytes()]);
        Ok(self.with_headers(structured(event)?).with_id(id))
    }

    /// Encodes the dead letter of a message that is not an event: the message, with more headers.
    pub(crate) fn encode_raw(&self, message: RawMessage) -> RawMessage {
        let id = self.id(&[&message.body]);
        self.with_headers(message).with_id(id)
    }

    /// Adds the headers of the failure. They are the last ones, since the message may have had its own
    /// of the same name.
    fn with_headers(&self, mut message: RawMessage) -> RawMessage {
        let headers = [
            (HANDLER, self.handler.to_owned()),
            (ERROR, header_value(self.error)),
            (ATTEMPTS, self.attempts.to_string()),
            (FIRST_FAILURE, self.first.to_string()),
            (LAST_FAILURE, self.last.to_string()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value));
        message.headers.extend(headers);
        message
    }

    /// Returns the id of the dead letter, which is the same each time that this handler stores it
    /// for this message: an attempt to store it that failed may have stored it. A replay is another
    /// message.
    fn id(&self, content: &[&[u8]]) -> Option<String> {
        let position = self.position?.to_string();
        let origin = [self.handler, self.transport, &position].map(str::as_bytes);
        let name = [&origin[..], content].concat().join(&0);
        Some(Uuid::new_v5(&Uuid::NAMESPACE_OID, &name).to_string())
    }
}

/// Encodes an event for the destination of another event type.
pub(crate) fn structured(event: &Event) -> Result<RawMessage, BoxError> {
    let content_type = ("content-type".to_owned(), Json.content_type().to_owned());
    Ok(RawMessage::new(vec![content_type], Json.encode(event)?))
}

/// Turns a text into a valid header value: replaces control characters, and truncates it.
fn header_value(text: &str) -> String {
    let mut value: String = text
        .chars()
        .take(MAX_ERROR_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(MAX_ERROR_CHARS).is_some() {
        value.push('…');
    }
    if value.is_empty() {
        value.push('-');
    }
    value
}

/// The store of dead letters: the transport that the event came from, or a publisher.
pub(crate) struct DeadLetterSink {
    /// The event type that dead letters are published to.
    ty: String,
    destination: Destination,
}

enum Destination {
    /// The subscription has to exist before the first dead letter is published, so that it is kept.
    Transport(Arc<dyn Transport>, Subscription, OnceCell<()>),
    Publisher(Arc<dyn Publisher>),
}

impl DeadLetterSink {
    /// Creates a sink that publishes the dead letters, or keeps those of a service on a transport.
    pub(crate) fn new(
        publisher: Option<Arc<dyn Publisher>>,
        transport: &Arc<dyn Transport>,
        service: &str,
        ty: &str,
    ) -> Self {
        let destination = if let Some(publisher) = publisher {
            Destination::Publisher(publisher)
        } else {
            let subscription = subscription(service, ty);
            Destination::Transport(Arc::clone(transport), subscription, OnceCell::new())
        };
        Self {
            ty: ty.to_owned(),
            destination,
        }
    }

    /// Stores a dead letter, and returns once it is stored.
    pub(crate) async fn store(&self, letter: &RawMessage) -> Result<(), TransportError> {
        let stored = async {
            let publisher: &dyn Publisher = match &self.destination {
                Destination::Publisher(publisher) => &**publisher,
                Destination::Transport(transport, subscription, opened) => {
                    let open = async || transport.subscribe(subscription).await?.close().await;
                    opened.get_or_try_init(open).await?;
                    &**transport
                }
            };
            publisher.publish_raw(&self.ty, letter).await.map(drop)
        };
        within(STORE_TIMEOUT, "the dead letter was not stored", stored).await
    }
}

/// Returns the subscription that keeps the dead letters of a service.
pub(crate) fn subscription(service: &str, ty: &str) -> Subscription {
    let mut subscription = Subscription::new(names::dead_letters(service), [ty]);
    // The first dead letters of a long list stay leased until the last one has arrived.
    subscription.ack_wait = Duration::from_mins(5);
    subscription.max_in_flight = MAX_LEASED_LETTERS;
    subscription
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_header_values() {
        assert_eq!(header_value("a\nb\u{7f}"), "a b ");
        assert_eq!(header_value(""), "-");
        let long = "ä".repeat(500);
        assert_eq!(header_value(&"ä".repeat(501)), format!("{long}…"));
        assert_eq!(header_value(&long), long);
    }
}
