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

pub(crate) const HANDLER: &str = "deadletterhandler";
pub(crate) const ERROR: &str = "deadlettererror";
pub(crate) const ATTEMPTS: &str = "deadletterattempts";
pub(crate) const FIRST: &str = "deadletterfirst";
pub(crate) const LAST: &str = "deadletterlast";
/// The extensions or headers that a dead letter adds to its message.
pub(crate) const ATTRIBUTES: [&str; 5] = [HANDLER, ERROR, ATTEMPTS, FIRST, LAST];
/// The extension or header of a replay: the subscription that it is addressed to.
pub(crate) const REPLAY_FOR: &str = "replayfor";

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
    fn attributes(&self) -> [(&'static str, String); 5] {
        [
            (HANDLER, self.handler.to_owned()),
            (ERROR, attribute_text(self.error)),
            (ATTEMPTS, self.attempts.to_string()),
            (FIRST, self.first.to_string()),
            (LAST, self.last.to_string()),
        ]
    }

    /// Encodes the dead letter of an event: the event in the JSON format, with more extensions.
    pub(crate) fn encode_event(&self, event: &Event) -> Result<RawMessage, BoxError> {
        let mut letter = event.clone();
        for (name, value) in self.attributes() {
            letter.set_extension(name, value)?;
        }
        let id = self.id(&[event.source().as_bytes(), event.id().as_bytes()]);
        Ok(structured(&letter)?.with_id(id))
    }

    /// Encodes the dead letter of a message that is not an event: the message, with more headers.
    pub(crate) fn encode_raw(&self, mut message: RawMessage) -> RawMessage {
        let attributes = self.attributes().into_iter();
        message
            .headers
            .extend(attributes.map(|(name, value)| (name.to_owned(), value)));
        let id = self.id(&[&message.body]);
        message.with_id(id)
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

/// Turns a text into a valid attribute value: replaces illegal characters, and truncates it.
fn attribute_text(text: &str) -> String {
    let is_legal = |c: char| {
        let code = u32::from(c);
        !(c.is_control() || (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE)
    };
    let mut value: String = text
        .chars()
        .take(MAX_ERROR_CHARS)
        .map(|c| if is_legal(c) { c } else { ' ' })
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
    fn errors_become_attributes() {
        assert_eq!(attribute_text("a\nb\u{fffe}"), "a b ");
        assert_eq!(attribute_text(""), "-");
        let long = "ä".repeat(500);
        assert_eq!(attribute_text(&"ä".repeat(501)), format!("{long}…"));
        assert_eq!(attribute_text(&long), long);
    }
}
