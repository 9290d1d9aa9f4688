//! Conversion between events and messages of the client.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_nats::header::ParseHeaderValueError;
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

/// Returns the headers of a raw message, without those that are instructions to the server.
pub(crate) fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, TransportError> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        if !is_server_header(name) {
            let name = header_name(Cow::Owned(name.clone()))?;
            headers.append(name, header_value(value.clone())?);
        }
    }
    Ok(headers)
}

/// Returns the name of a header.
pub(crate) fn header_name(name: Cow<'static, str>) -> Result<HeaderName, TransportError> {
    match name {
        // What this crate writes.
        Cow::Borrowed(name) => Ok(HeaderName::from_static(name)),
        Cow::Owned(name) if name.is_empty() => Err(invalid_header("its name is empty".to_owned())),
        Cow::Owned(name) => {
            HeaderName::from_str(&name).map_err(|error| invalid_header(error.to_string()))
        }
    }
}

/// Returns the value of a header.
pub(crate) fn header_value(value: String) -> Result<HeaderValue, TransportError> {
    // The client would panic.
    if value.contains(['\r', '\n']) {
        return Err(invalid_header(ParseHeaderValueError.to_string()));
    }
    Ok(HeaderValue::from(value))
}

fn invalid_header(reason: String) -> TransportError {
    let message = "the message has a header that NATS cannot represent";
    TransportError::rejected(message).with_source(reason)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn instructions_to_the_server_are_no_headers_of_a_message() {
        let pairs = [
            pair("a", "1"),
            pair("Nats-Msg-Id", "x"),
            pair("nats-rollup", "all"),
            pair("a", "2"),
        ];
        assert_eq!(
            owned_pairs(Some(&headers(&pairs).unwrap())),
            [pair("a", "1"), pair("a", "2"),]
        );
    }

    #[test]
    fn what_the_client_would_panic_at_is_an_error() {
        for (name, value) in [("", "x"), ("a b\u{fc}", "x"), ("a", "x\ry"), ("a", "x\n")] {
            let error = headers(&[pair(name, value)]).unwrap_err();
            let expected = "the message has a header that NATS cannot represent";
            assert_eq!(error.to_string(), expected, "{name:?}: {value:?}");
        }
        // As the content type of a format may be.
        assert!(header_value("a\r\nb".to_owned()).is_err());
    }
}
