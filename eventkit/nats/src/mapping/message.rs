//! Conversion between events and messages of the client.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_nats::{HeaderMap, HeaderName, HeaderValue, Message};
use bytes::Bytes;

use crate::binding::{self as binding, Decoder};
use eventkit::event::Event;
use eventkit::format::Format;
use eventkit::transport::{InvalidMessage, MessageMetadata, RawMessage, TransportError};
use eventkit::{DecodeError, EncodeError};

/// The content mode of published events.
#[derive(Clone)]
pub(crate) enum Mode {
    Binary,
    Structured(Arc<dyn Format>),
}

impl Mode {
    pub(crate) fn encode(&self, event: &Event) -> Result<binding::Message, EncodeError> {
        match self {
            Self::Binary => binding::encode_binary(event),
            Self::Structured(format) => binding::encode_structured(event, &**format),
        }
    }
}

impl fmt::Debug for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binary => f.write_str("Binary"),
            Self::Structured(format) => write!(f, "Structured({})", format.content_type()),
        }
    }
}

/// Decodes a message; if it is not an event, returns it as it was received.
pub(crate) fn decode(
    decoder: Decoder,
    headers: Option<&HeaderMap>,
    body: &Bytes,
) -> Result<Event, Box<InvalidMessage>> {
    let pairs: Vec<(&str, &str)> = pairs(headers).collect();
    let event = decoder.decode(&pairs, body.clone());
    event.map_err(|error| Box::new(invalid(error, headers, body)))
}

/// Returns a message that is not an event, in the form in which it was received.
pub(crate) fn invalid(
    error: DecodeError,
    headers: Option<&HeaderMap>,
    body: &Bytes,
) -> InvalidMessage {
    let message = RawMessage::new(owned_pairs(headers), body.clone());
    InvalidMessage::new(error, message)
}

/// Returns the headers sorted by name; headers of the same name are in the order in which they were
/// received.
pub(crate) fn owned_pairs(headers: Option<&HeaderMap>) -> Vec<(String, String)> {
    let mut pairs: Vec<(&str, &str)> = pairs(headers).collect();
    // The client does not keep the order of names, and its own order differs in each process.
    pairs.sort_by_key(|(name, _)| *name);
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    pairs.into_iter().map(owned).collect()
}

fn pairs(headers: Option<&HeaderMap>) -> impl Iterator<Item = (&str, &str)> {
    headers
        .into_iter()
        .flat_map(HeaderMap::iter)
        .flat_map(|(name, values)| {
            values
                .iter()
                .map(move |value| (name.as_ref(), value.as_str()))
        })
}

/// Returns the headers of a message, without those that are instructions to the server.
pub(crate) fn headers<N: AsRef<str>>(pairs: &[(N, String)]) -> Result<HeaderMap, TransportError> {
    let invalid = |reason: String| {
        TransportError::rejected("the message has a header that NATS cannot represent")
            .with_source(reason)
    };
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = name.as_ref();
        if is_server_header(name) {
            continue;
        }
        if name.is_empty() {
            return Err(invalid("its name is empty".to_owned()));
        }
        let name = HeaderName::from_str(name).map_err(|error| invalid(error.to_string()))?;
        let value = HeaderValue::from_str(value).map_err(|error| invalid(error.to_string()))?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// Returns whether a header is an instruction to the server, such as the message id or the expected
/// sequence.
fn is_server_header(name: &str) -> bool {
    let prefix = name.as_bytes().get(..5);
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"Nats-"))
}

/// Parses the metadata of a delivery from the reply subject.
///
/// The subject is `$JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>..`; newer servers may
/// insert a domain and an account before the stream.
pub(crate) fn metadata(message: &Message) -> Option<MessageMetadata> {
    let rest = message.reply.as_ref()?.as_str().strip_prefix("$JS.ACK.")?;
    let dots = rest.bytes().filter(|byte| *byte == b'.').count();
    let skipped = if dots >= 8 { 4 } else { 2 };
    // Compares bytes, which is faster than comparing characters.
    let mut tokens = rest.as_bytes().split(|byte| *byte == b'.').skip(skipped);
    let mut number = || str::from_utf8(tokens.next()?).ok()?.parse::<u64>().ok();
    let delivery_count = u32::try_from(number()?).ok()?;
    let position = number()?;
    Some(MessageMetadata::new(delivery_count).with_position(position))
}
