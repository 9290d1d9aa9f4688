//! Messages of the client to events, and back.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_nats::{HeaderMap, HeaderName, HeaderValue, Message};
use bytes::Bytes;

use eventkit::EncodeError;
use eventkit::binding::nats::{self as binding, Decoder};
use eventkit::event::Event;
use eventkit::format::Format;
use eventkit::transport::{
    InvalidMessage, MessageMetadata, RawMessage, TransportError, TransportErrorKind,
};

/// The content mode that events are published in.
#[derive(Clone, Default)]
pub(super) enum Mode {
    #[default]
    Binary,
    Structured(Arc<dyn Format>),
}

impl Mode {
    pub(super) fn encode(&self, event: &Event) -> Result<binding::Message, EncodeError> {
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

/// Decodes a message, or keeps it as it came.
pub(super) fn decode(
    decoder: Decoder,
    headers: Option<&HeaderMap>,
    body: Bytes,
) -> Result<Event, Box<InvalidMessage>> {
    let mut pairs: Vec<(&str, &str)> = headers
        .into_iter()
        .flat_map(HeaderMap::iter)
        .flat_map(|(name, values)| {
            values
                .iter()
                .map(move |value| (name.as_ref(), value.as_str()))
        })
        .collect();
    decoder.decode(&pairs, body.clone()).map_err(|error| {
        // The client does not keep the order of headers: any fixed one is better than its own.
        pairs.sort_unstable();
        let headers = pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Box::new(InvalidMessage::new(
            error,
            RawMessage::new(headers.collect(), body),
        ))
    })
}

/// Returns the headers of an encoded event.
pub(super) fn headers(message: binding::Message) -> Result<(HeaderMap, Bytes), TransportError> {
    let mut headers = HeaderMap::new();
    for (name, value) in message.headers {
        let parsed = match name {
            Cow::Borrowed(name) => Ok(HeaderName::from_static(name)),
            Cow::Owned(name) => HeaderName::try_from(name),
        };
        let name = parsed.map_err(|error| bad_header(&error))?;
        headers.append(name, header_value(&value)?);
    }
    Ok((headers, message.body))
}

/// Returns the headers of a message as it came, but for those that tell the server what to do.
pub(super) fn raw_headers(message: &RawMessage) -> Result<HeaderMap, TransportError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &message.headers {
        if is_for_server(name) {
            continue;
        }
        if name.is_empty() {
            let what = "a header without a name";
            return Err(TransportError::new(TransportErrorKind::Rejected, what));
        }
        let name = HeaderName::from_str(name).map_err(|error| bad_header(&error))?;
        headers.append(name, header_value(value)?);
    }
    Ok(headers)
}

/// Returns whether a header would make the server take a copy for a duplicate, expect another
/// sequence, and the like.
fn is_for_server(name: &str) -> bool {
    let prefix = name.as_bytes().get(..5);
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"Nats-"))
}

fn header_value(value: &str) -> Result<HeaderValue, TransportError> {
    HeaderValue::from_str(value).map_err(|error| bad_header(&error))
}

fn bad_header(error: &dyn std::error::Error) -> TransportError {
    let what = "a header that NATS cannot carry";
    TransportError::new(TransportErrorKind::Rejected, what).with_source(error.to_string())
}

/// Reads what the server tells of a delivery, in the subject that answers go to.
///
/// It is `$JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>..`, and newer servers may put
/// domain and account before the stream.
pub(super) fn delivery(message: &Message) -> Option<MessageMetadata> {
    let rest = message.reply.as_ref()?.as_str().strip_prefix("$JS.ACK.")?;
    let skipped = if rest.split('.').count() >= 9 { 4 } else { 2 };
    let mut tokens = rest.split('.').skip(skipped);
    let attempt = tokens.next()?.parse().ok()?;
    let position = tokens.next()?.parse().ok()?;
    Some(MessageMetadata::new(attempt).with_position(position))
}
