//! How a dead letter is written and read.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::timeout;
use uuid::Uuid;

use super::names;
use eventkit::BoxError;
use eventkit::event::{Event, Timestamp};
use eventkit::format::{Format, Json};
use eventkit::transport::{
    Publisher, RawMessage, Subscription, Transport, TransportError, TransportErrorKind,
};

pub(super) const HANDLER: &str = "deadletterhandler";
pub(super) const ERROR: &str = "deadlettererror";
pub(super) const ATTEMPTS: &str = "deadletterattempts";
pub(super) const FIRST: &str = "deadletterfirst";
pub(super) const LAST: &str = "deadletterlast";
/// What a letter has beside its event.
pub(super) const ALL: [&str; 5] = [HANDLER, ERROR, ATTEMPTS, FIRST, LAST];
/// On an event that is replayed: the subscription it is for.
pub(super) const REPLAY: &str = "replayfor";

/// How many letters are held at once by who looks at them.
pub(super) const MOST: usize = 10_000;
/// How many characters of an error a letter holds.
const MOST_OF_ERROR: usize = 500;
/// How long storing a letter may take.
const STORE_WITHIN: Duration = Duration::from_secs(30);

/// What a letter says beside its event.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    /// The durable name of the subscription.
    pub(super) handler: &'a str,
    /// The name of the transport, and where the message stands on it.
    pub(super) from: (&'a str, Option<u64>),
    pub(super) error: &'a str,
    pub(super) attempts: u32,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

impl Facts<'_> {
    fn texts(&self) -> [(&'static str, String); 5] {
        [
            (HANDLER, self.handler.to_owned()),
            (ERROR, shortened(self.error)),
            (ATTEMPTS, self.attempts.to_string()),
            (FIRST, self.first.to_string()),
            (LAST, self.last.to_string()),
        ]
    }

    /// Writes the letter of an event: the event in the JSON format, with more extensions.
    pub(super) fn letter_of(&self, event: &Event) -> Result<RawMessage, BoxError> {
        let mut letter = event.clone();
        for (name, value) in self.texts() {
            letter.set_extension(name, value)?;
        }
        let id = self.id(&[event.source().as_bytes(), event.id().as_bytes()]);
        Ok(structured(&letter)?.with_id(id))
    }

    /// Writes the letter of a message that is no event: the message, with more headers.
    pub(super) fn letter_of_raw(&self, mut message: RawMessage) -> RawMessage {
        let texts = self.texts().into_iter();
        message
            .headers
            .extend(texts.map(|(name, value)| (name.to_owned(), value)));
        let id = self.id(&[&message.body]);
        message.with_id(id)
    }

    /// Returns what makes a letter the same when it is stored once more, since nobody knows whether
    /// it was: the same message at the same handler. What is replayed is another message.
    fn id(&self, content: &[&[u8]]) -> Option<String> {
        let (transport, position) = self.from;
        let position = position?.to_string();
        let place = [self.handler, transport, &position].map(str::as_bytes);
        let name = [&place[..], content].concat().join(&0);
        Some(Uuid::new_v5(&Uuid::NAMESPACE_OID, &name).to_string())
    }
}

/// Writes an event for a place that is not its type.
pub(super) fn structured(event: &Event) -> Result<RawMessage, BoxError> {
    let content_type = ("content-type".to_owned(), Json.content_type().to_owned());
    Ok(RawMessage::new(vec![content_type], Json.encode(event)?))
}

/// Takes what no attribute may hold out of a text, and cuts it where it is long.
fn shortened(text: &str) -> String {
    let is_legal = |c: char| {
        let code = u32::from(c);
        !(c.is_control() || (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE)
    };
    let mut short: String = text
        .chars()
        .take(MOST_OF_ERROR)
        .map(|c| if is_legal(c) { c } else { ' ' })
        .collect();
    if text.chars().nth(MOST_OF_ERROR).is_some() {
        short.push('…');
    }
    if short.is_empty() {
        short.push('-');
    }
    short
}

/// Stores letters: at the transport that the event came from, or at a publisher of their own.
#[derive(Debug)]
pub(super) struct LetterBox {
    place: String,
    destination: Destination,
}

enum Destination {
    /// The subscription has to be there before the first letter, so that the letter stays.
    Transport(Arc<dyn Transport>, Subscription, OnceCell<()>),
    Publisher(Arc<dyn Publisher>),
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Transport(transport, ..) => f.debug_tuple("Transport").field(transport).finish(),
            Self::Publisher(_) => f.write_str("Publisher"),
        }
    }
}

impl LetterBox {
    pub(super) fn at_transport(transport: Arc<dyn Transport>, service: &str, place: &str) -> Self {
        let subscription = subscription(service, place);
        Self {
            place: place.to_owned(),
            destination: Destination::Transport(transport, subscription, OnceCell::new()),
        }
    }

    pub(super) fn at_publisher(publisher: Arc<dyn Publisher>, place: &str) -> Self {
        Self {
            place: place.to_owned(),
            destination: Destination::Publisher(publisher),
        }
    }

    /// Stores a letter, and returns when it is stored.
    pub(super) async fn store(&self, letter: &RawMessage) -> Result<(), TransportError> {
        let stored = async {
            let publisher: &dyn Publisher = match &self.destination {
                Destination::Publisher(publisher) => &**publisher,
                Destination::Transport(transport, subscription, opened) => {
                    let open = async || transport.subscribe(subscription).await?.close().await;
                    opened.get_or_try_init(open).await?;
                    &**transport
                }
            };
            publisher.publish_raw(&self.place, letter).await.map(drop)
        };
        timeout(STORE_WITHIN, stored).await.unwrap_or_else(|_| {
            let what = format!("the dead letter was not stored within {STORE_WITHIN:?}");
            Err(TransportError::new(TransportErrorKind::Unavailable, what))
        })
    }
}

/// Returns the subscription that keeps the dead letters of a service.
pub(super) fn subscription(service: &str, place: &str) -> Subscription {
    let mut subscription = Subscription::new(names::dead_letters(service), [place]);
    // Who looks through many of them holds the first ones for as long as the last ones take.
    subscription.ack_wait = Duration::from_mins(5);
    subscription.max_in_flight = MOST;
    subscription
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_attributes() {
        assert_eq!(shortened("a\nb\u{fffe}"), "a b ");
        assert_eq!(shortened(""), "-");
        assert_eq!(shortened(&"ä".repeat(501)), format!("{}…", "ä".repeat(500)));
        assert_eq!(shortened(&"ä".repeat(500)), "ä".repeat(500));
    }
}
