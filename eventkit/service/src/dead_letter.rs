//! The form of a dead letter, which services write and readers read.

use std::fmt;

use uuid::Uuid;

use eventkit::BoxError;
use eventkit::event::{Event, Timestamp};
use eventkit::format::{Format, Json};
use eventkit::transport::{InvalidMessage, RawMessage, ReservedMessage};

// The headers that a dead letter adds to its message.
const HANDLER: &str = "eventkit-handler";
const ERROR: &str = "eventkit-error";
const ATTEMPTS: &str = "eventkit-attempts";
const FIRST_FAILURE: &str = "eventkit-first-failure";
const LAST_FAILURE: &str = "eventkit-last-failure";
const HEADERS: [&str; 5] = [HANDLER, ERROR, ATTEMPTS, FIRST_FAILURE, LAST_FAILURE];

const MAX_ERROR_CHARS: usize = 500;

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
fn structured(event: &Event) -> Result<RawMessage, BoxError> {
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

/// An event that one handler could not handle, or a message that is not an event.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The durable name of the handler's subscription.
    pub handler: String,
    /// The error of the last attempt; truncated if it is long.
    pub error: String,
    /// The number of attempts.
    pub attempts: u32,
    /// The time of the first failure, as far as the process that wrote the dead letter knows.
    pub first_failure: Option<Timestamp>,
    /// The time of the last failure.
    pub last_failure: Option<Timestamp>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Event(Event),
    Raw(RawMessage),
}

impl DeadLetter {
    /// Returns the event as it was received; `None` if the message is not an event.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match &self.content {
            Content::Event(event) => Some(event),
            Content::Raw(_) => None,
        }
    }

    /// Returns the message as it was received; `None` if it is an event.
    #[must_use]
    pub fn message(&self) -> Option<&RawMessage> {
        match &self.content {
            Content::Event(_) => None,
            Content::Raw(message) => Some(message),
        }
    }

    /// Creates a dead letter. A header that is missing or malformed leaves its value empty.
    pub(crate) fn new(
        event: Result<Event, Box<InvalidMessage>>,
        reserved: Option<&ReservedMessage>,
    ) -> Self {
        let header = |name: &str| {
            let mut headers = reserved
                .into_iter()
                .flat_map(|own| own.headers.iter().rev());
            let value = headers.find(|(own, _)| own == name);
            value.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        Self {
            handler: header(HANDLER).to_owned(),
            error: header(ERROR).to_owned(),
            attempts: header(ATTEMPTS).parse().unwrap_or(0),
            first_failure: header(FIRST_FAILURE).parse().ok(),
            last_failure: header(LAST_FAILURE).parse().ok(),
            content: match event {
                Ok(event) => Content::Event(event),
                Err(invalid) => Content::Raw(without_failure(invalid.message)),
            },
        }
    }

    /// Encodes the message as it was received.
    pub(crate) fn to_replay(&self) -> Result<RawMessage, BoxError> {
        match &self.content {
            Content::Event(event) => structured(event),
            Content::Raw(message) => Ok(message.clone()),
        }
    }
}

/// Removes the headers of the failure from a message.
fn without_failure(mut message: RawMessage) -> RawMessage {
    for name in HEADERS {
        // The last header of a name belongs to the dead letter: the message may have had its own.
        let position = message.headers.iter().rposition(|(own, _)| own == name);
        if let Some(index) = position {
            message.headers.remove(index);
        }
    }
    message
}

impl fmt::Display for DeadLetter {
    /// Writes one line: the handler, the event, attempts and error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.handler)?;
        match &self.content {
            Content::Event(event) => {
                write!(f, "{} {} from {}", event.ty(), event.id(), event.source())?;
            }
            Content::Raw(message) => write!(f, "a message of {} bytes", message.body.len())?,
        }
        write!(f, ", {} attempts: {}", self.attempts, self.error)
    }
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
