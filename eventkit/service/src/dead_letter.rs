//! The format of dead letters, which services write and readers decode.

use std::fmt;

use uuid::Uuid;

use eventkit::BoxError;
use eventkit::binding::http;
use eventkit::event::{Event, Timestamp};
use eventkit::format::{Format, Json};
use eventkit::transport::{InvalidMessage, RawMessage, ReservedMessage};

// The headers that each dead letter appends to its message. The message may have headers of the
// same names, so the last header of a name belongs to the dead letter.
const SUBSCRIPTION: &str = "eventkit-subscription";
const ERROR: &str = "eventkit-error";
const ATTEMPTS: &str = "eventkit-attempts";
const FIRST_FAILURE: &str = "eventkit-first-failure";
const LAST_FAILURE: &str = "eventkit-last-failure";
const POSITION: &str = "eventkit-position";
const CONTENT: &str = "eventkit-content";
const HEADERS: [&str; 7] = [
    SUBSCRIPTION,
    ERROR,
    ATTEMPTS,
    FIRST_FAILURE,
    LAST_FAILURE,
    POSITION,
    CONTENT,
];

// The values of the header that tells how the content is encoded.
const COMPLETE: &str = "complete";
const OMITTED: &str = "omitted";

const MAX_ERROR_CHARS: usize = 500;
const MAX_SHORT_ERROR_CHARS: usize = 40;

/// The record of a failure, which a dead letter adds to its message.
#[derive(Debug)]
pub(crate) struct FailureRecord<'a> {
    /// The durable name of the subscription.
    pub(crate) subscription: &'a str,
    /// The name of the transport.
    pub(crate) transport: &'a str,
    /// The position of the message on the transport.
    pub(crate) position: Option<u64>,
    pub(crate) error: &'a str,
    pub(crate) attempts: u32,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

/// The message that failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Failed<'a> {
    Event(&'a Event),
    /// A message that is not an event.
    Raw(&'a RawMessage),
}

/// An encoding of a dead letter; the transport may reject one as too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LetterForm {
    /// The complete message; an event is in binary content mode, so that its data is not encoded
    /// again.
    Complete,
    /// The complete message with a short error.
    ShortError,
    /// An event in the JSON format, whose attributes may be longer than a header can be.
    Structured,
    /// Only the position of the message, without its content.
    PositionOnly,
}

impl LetterForm {
    /// All forms, in the order in which they are tried.
    pub(crate) const ALL: [Self; 4] = [
        Self::Complete,
        Self::ShortError,
        Self::Structured,
        Self::PositionOnly,
    ];
}

impl FailureRecord<'_> {
    /// Encodes a dead letter; returns `None` if the message does not have this form.
    pub(crate) fn encode(&self, failed: Failed<'_>, form: LetterForm) -> Option<RawMessage> {
        let message = match (form, failed) {
            (LetterForm::PositionOnly, _) => RawMessage::default(),
            (LetterForm::Structured, Failed::Event(event)) => structured(event).ok()?,
            (LetterForm::Structured, Failed::Raw(_)) => return None,
            (_, Failed::Event(event)) => binary(event)?,
            (_, Failed::Raw(message)) => message.clone(),
        };
        Some(self.with_headers(message, form).with_id(self.id(failed)))
    }

    /// Adds the headers of the failure.
    fn with_headers(&self, mut message: RawMessage, form: LetterForm) -> RawMessage {
        let max_chars = match form {
            LetterForm::Complete => MAX_ERROR_CHARS,
            _ => MAX_SHORT_ERROR_CHARS,
        };
        let content = match form {
            LetterForm::PositionOnly => OMITTED,
            _ => COMPLETE,
        };
        let position = self.position.map(|position| position.to_string());
        let headers = [
            (SUBSCRIPTION, self.subscription.to_owned()),
            (ERROR, header_value(self.error, max_chars)),
            (ATTEMPTS, self.attempts.to_string()),
            (FIRST_FAILURE, self.first.to_string()),
            (LAST_FAILURE, self.last.to_string()),
            (POSITION, position.unwrap_or_else(|| "none".to_owned())),
            (CONTENT, content.to_owned()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value));
        message.headers.extend(headers);
        message
    }

    /// Returns the id of the dead letter. It is the same each time this handler stores a dead
    /// letter of this message, because an attempt that failed may have stored it. A replay is
    /// another message.
    fn id(&self, failed: Failed<'_>) -> Option<String> {
        let position = self.position?.to_string();
        let mut parts = vec![self.subscription, self.transport, &position];
        let body: &[u8] = match failed {
            Failed::Event(event) => {
                parts.push(event.source());
                event.id().as_bytes()
            }
            Failed::Raw(message) => &message.body,
        };
        let mut name = parts.join("\0").into_bytes();
        name.push(0);
        name.extend_from_slice(body);
        Some(Uuid::new_v5(&Uuid::NAMESPACE_OID, &name).to_string())
    }
}

/// Encodes an event for the destination of another event type, in its most compact form.
fn to_raw(event: &Event) -> Result<RawMessage, BoxError> {
    binary(event).map_or_else(|| structured(event), Ok)
}

/// Encodes an event in binary content mode; returns `None` if it does not fit into headers.
///
/// The HTTP binding serves all transports: the other bindings use the same headers, except for the
/// content type, and they also read that of HTTP.
fn binary(event: &Event) -> Option<RawMessage> {
    let http::Message { headers, body } = http::encode_binary(event).ok()?;
    let pair = |(name, value): (&::http::HeaderName, &::http::HeaderValue)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    };
    let headers: Option<Vec<_>> = headers.iter().map(pair).collect();
    Some(RawMessage::new(headers?, body))
}

/// Encodes an event in the JSON format.
fn structured(event: &Event) -> Result<RawMessage, BoxError> {
    let content_type = ("content-type".to_owned(), Json.content_type().to_owned());
    Ok(RawMessage::new(vec![content_type], Json.encode(event)?))
}

/// Converts a text to a valid header value: replaces control characters, and truncates long texts.
fn header_value(text: &str, max_chars: usize) -> String {
    let mut value: String = text
        .chars()
        .take(max_chars)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(max_chars).is_some() {
        value.push('…');
    }
    if value.is_empty() {
        value.push('-');
    }
    value
}

/// An event that a handler failed to handle, or a message that is not an event.
///
/// [`DeadLetters`](crate::DeadLetters) lists and replays them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The durable name of the handler's subscription.
    pub subscription: String,
    /// The error of the last attempt; truncated if it is long.
    pub error: String,
    /// The number of attempts.
    pub attempts: u32,
    /// The time of the first failure, as far as the process that wrote the dead letter knows.
    pub first_failure: Option<Timestamp>,
    /// The time of the last failure.
    pub last_failure: Option<Timestamp>,
    position: Option<u64>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Event(Event),
    Raw(RawMessage),
    /// The message was too large for a dead letter.
    Omitted,
}

impl DeadLetter {
    /// Returns the event as it was received; `None` if the message was not an event, or was too
    /// large for the dead letter.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match &self.content {
            Content::Event(event) => Some(event),
            Content::Raw(_) | Content::Omitted => None,
        }
    }

    /// Returns the message as it was received; `None` if it was an event, or was too large for the
    /// dead letter.
    #[must_use]
    pub fn message(&self) -> Option<&RawMessage> {
        match &self.content {
            Content::Raw(message) => Some(message),
            Content::Event(_) | Content::Omitted => None,
        }
    }

    /// Returns the position of the message on its original transport, if that transport has
    /// positions.
    ///
    /// If a dead letter has neither an event nor a message, the position is the only way to find
    /// the message: it was too large for the transport to store it in a dead letter.
    #[must_use]
    pub fn position(&self) -> Option<u64> {
        self.position
    }

    /// Creates a dead letter. The value of a missing or malformed header is empty.
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
            subscription: header(SUBSCRIPTION).to_owned(),
            error: header(ERROR).to_owned(),
            attempts: header(ATTEMPTS).parse().unwrap_or(0),
            first_failure: header(FIRST_FAILURE).parse().ok(),
            last_failure: header(LAST_FAILURE).parse().ok(),
            position: header(POSITION).parse().ok(),
            content: match event {
                _ if header(CONTENT) == OMITTED => Content::Omitted,
                Ok(event) => Content::Event(event),
                Err(invalid) => Content::Raw(without_failure(invalid.message)),
            },
        }
    }

    /// Encodes the message as it was received; `None` if it was too large for the dead letter.
    pub(crate) fn to_replay(&self) -> Result<Option<RawMessage>, BoxError> {
        match &self.content {
            Content::Event(event) => to_raw(event).map(Some),
            Content::Raw(message) => Ok(Some(message.clone())),
            Content::Omitted => Ok(None),
        }
    }
}

/// Removes the headers of the dead letter from a message.
fn without_failure(mut message: RawMessage) -> RawMessage {
    for name in HEADERS {
        // The message may have headers of the same names, so only the last one of each is removed.
        let position = message.headers.iter().rposition(|(own, _)| own == name);
        if let Some(index) = position {
            message.headers.remove(index);
        }
    }
    message
}

impl fmt::Display for DeadLetter {
    /// Writes one line with the subscription, the event, the number of attempts, and the error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.subscription)?;
        match &self.content {
            Content::Event(event) => {
                write!(f, "{} {} from {}", event.ty(), event.id(), event.source())?;
            }
            Content::Raw(message) => write!(f, "a message of {} bytes", message.body.len())?,
            Content::Omitted => f.write_str("a message that is too large for a dead letter")?,
        }
        let plural = if self.attempts == 1 { "" } else { "s" };
        write!(f, ", {} attempt{plural}: {}", self.attempts, self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(position: Option<u64>) -> FailureRecord<'static> {
        let time = "2026-01-31T09:30:00Z".parse().unwrap();
        FailureRecord {
            subscription: "tests--receipt",
            transport: "memory",
            position,
            error: "no printer",
            attempts: 2,
            first: time,
            last: time,
        }
    }

    fn read(letter: RawMessage) -> DeadLetter {
        let letter = letter.with_id(None);
        let headers = letter.headers.clone();
        let reserved = ReservedMessage::new("eventkit.deadletter.tests", headers);
        let error = eventkit::DecodeError::not_an_event("a test");
        let invalid = InvalidMessage::new(error, letter);
        DeadLetter::new(Err(Box::new(invalid)), Some(&reserved))
    }

    #[test]
    fn errors_become_header_values() {
        let header_value = |text: &str| header_value(text, MAX_ERROR_CHARS);
        assert_eq!(header_value("a\nb\u{7f}"), "a b ");
        assert_eq!(header_value(""), "-");
        let long = "ä".repeat(500);
        assert_eq!(header_value(&"ä".repeat(501)), format!("{long}…"));
        assert_eq!(header_value(&long), long);
    }

    #[test]
    fn binary_data_does_not_grow() {
        let data = vec![0xff; 790_000];
        let event = Event::builder().source("/s").ty("t").data_bytes(data);
        let event = event.data_content_type("image/png").build().unwrap();
        let letter = record(Some(7)).encode(Failed::Event(&event), LetterForm::Complete);
        let letter = letter.unwrap();
        let headers = letter.headers.iter();
        let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
        assert_eq!(letter.body.len(), 790_000);
        assert!(headers < 1_000, "{headers}");
    }

    #[test]
    fn an_event_that_contains_an_event_is_structured() {
        let json = r#"{"specversion": "1.0", "id": "1", "source": "/s", "type": "t",
            "datacontenttype": "application/cloudevents+json", "data_base64": "e30="}"#;
        let event = Json.decode(json.into()).unwrap();
        let encode = |form| record(Some(7)).encode(Failed::Event(&event), form);
        assert_eq!(encode(LetterForm::Complete), None);
        assert!(encode(LetterForm::Structured).is_some());
        assert!(to_raw(&event).unwrap().body.starts_with(b"{"));
    }

    #[test]
    fn a_letter_without_its_message_has_the_position() {
        let message = RawMessage::new(vec![(CONTENT.into(), "own".into())], "poison");
        let encode = |form| read(record(Some(7)).encode(Failed::Raw(&message), form).unwrap());
        let letter = encode(LetterForm::Complete);
        assert_eq!(letter.message(), Some(&message));
        let letter = encode(LetterForm::PositionOnly);
        assert_eq!((letter.event(), letter.message()), (None, None));
        assert_eq!(letter.position(), Some(7));
        assert_eq!(letter.to_replay().unwrap(), None);
        assert_eq!(
            letter.to_string(),
            "tests--receipt: a message that is too large for a dead letter, 2 attempts: no printer"
        );
    }

    #[test]
    fn a_message_does_not_pretend_to_be_omitted() {
        let headers = [(CONTENT, OMITTED), (POSITION, "9")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let message = RawMessage::new(headers.to_vec(), "poison");
        let letter = record(None).encode(Failed::Raw(&message), LetterForm::Complete);
        let letter = read(letter.unwrap());
        assert_eq!(letter.message(), Some(&message));
        assert_eq!(letter.position(), None);
    }
}
