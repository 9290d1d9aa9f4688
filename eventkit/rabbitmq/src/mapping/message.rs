//! Conversion between events, raw messages and messages of the client.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use eventkit::binding::BinaryReader;
use eventkit::event::AttributeRef;
use eventkit::format::{Format, Json};
use eventkit::transport::{InvalidMessage, RawMessage, TransportError, check_not_reserved};
use eventkit::{DecodeError, EncodeError, Event, Limits};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldArray, FieldTable, ShortString};

use super::names::{MAX_NAME, short};
use super::routing;
use crate::binding::{self, HeaderRef, Separator};

/// The delivery mode of messages that are stored on disk.
pub(crate) const PERSISTENT: u8 = 2;

/// The headers with additional routing keys, which the broker obeys.
pub(crate) const ROUTING_HEADERS: [&str; 2] = ["CC", "BCC"];

/// The maximum size of the headers of a message. They must fit in one frame of 128 KiB, with room for the headers that
/// are added when the message is returned or becomes a dead letter.
const MAX_HEADER_BYTES: usize = 120 * 1024;

/// The size of a header in addition to its name and value.
const HEADER_OVERHEAD: usize = 6;

const CONTENT_TYPE: &str = "content-type";

/// The prefix of the headers of the HTTP binding.
const HTTP_PREFIX: &str = "ce-";

/// The content mode of published events.
#[derive(Clone)]
pub(crate) enum Mode {
    Binary(Separator),
    Structured(Arc<dyn Format>),
}

impl Mode {
    fn encode(&self, event: &Event) -> Result<binding::Message, EncodeError> {
        match self {
            Self::Binary(separator) => {
                let message = binding::encode_binary_with(event, *separator)?;
                let headers = message.headers();
                let sizes = headers.map(|(name, value)| name.len() + value.size());
                // Attributes that exceed a frame become a part of the body.
                if fit(sizes) {
                    Ok(message)
                } else {
                    binding::encode_structured(event, &Json)
                }
            }
            Self::Structured(format) => binding::encode_structured(event, &**format),
        }
    }
}

impl fmt::Debug for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binary(separator) => write!(f, "Binary({separator:?})"),
            Self::Structured(format) => write!(f, "Structured({})", format.content_type()),
        }
    }
}

/// Returns whether headers of these sizes fit in one frame.
fn fit(sizes: impl Iterator<Item = usize>) -> bool {
    sizes.map(|size| size + HEADER_OVERHEAD).sum::<usize>() <= MAX_HEADER_BYTES
}

/// A message to publish.
#[derive(Debug, Clone)]
pub(crate) struct OutgoingMessage {
    pub(crate) key: String,
    pub(crate) properties: BasicProperties,
    pub(crate) body: Bytes,
}

/// Encodes an event.
///
/// # Errors
///
/// Returns an error if the event cannot be encoded, or would be refused by a consumer with the same limits.
pub(crate) fn encode(
    event: &Event,
    mode: &Mode,
    limits: &Limits,
) -> Result<OutgoingMessage, TransportError> {
    check_not_reserved(event.ty())?;
    let key = routing::key_of(event.ty())?;
    let encoded = mode.encode(event).map_err(|error| {
        TransportError::rejected(format!("failed to encode {event}")).with_source(error)
    })?;
    let sizes = encoded.headers();
    let sizes = sizes.map(|(name, value)| name.len() + value.size());
    let checked = limits.check_event(event);
    checked
        .and_then(|()| limits.check_message(sizes, encoded.body.len()))
        .map_err(|error| {
            let reason =
                "failed to publish the event: a consumer with the same limits would refuse it";
            TransportError::rejected(reason).with_source(error)
        })?;
    let mut table = FieldTable::default();
    for (name, value) in encoded.headers {
        table.insert(short(&name), value.into());
    }
    let mut properties = properties(table);
    if let Some(content_type) = &encoded.content_type {
        properties = properties.with_content_type(short(content_type));
    }
    // For people and other clients: this transport does not read it.
    if event.id().len() <= MAX_NAME {
        properties = properties.with_message_id(short(event.id()));
    }
    Ok(OutgoingMessage {
        key: key.to_owned(),
        properties,
        body: encoded.body,
    })
}

fn properties(headers: FieldTable) -> BasicProperties {
    let properties = BasicProperties::default().with_headers(headers);
    properties.with_delivery_mode(PERSISTENT)
}

/// The maximum size of a frame in addition to the headers of its message: the frame itself and the other
/// properties.
const PROPERTIES_SIZE: usize = 1_024;

/// Returns the size of the frame with the properties of a message, rounded up.
pub(crate) fn encoded_size(properties: &BasicProperties) -> usize {
    let table = properties.headers().as_ref();
    table.map_or(0, table_size) + PROPERTIES_SIZE
}

fn table_size(table: &FieldTable) -> usize {
    let entries = table.inner().iter();
    entries
        .map(|(name, value)| 1 + name.as_str().len() + value_size(value))
        .sum::<usize>()
        + 4
}

/// Returns the size of a value with its type.
fn value_size(value: &AMQPValue) -> usize {
    1 + match value {
        AMQPValue::Void => 0,
        AMQPValue::Boolean(_) | AMQPValue::ShortShortInt(_) | AMQPValue::ShortShortUInt(_) => 1,
        AMQPValue::ShortInt(_) | AMQPValue::ShortUInt(_) => 2,
        AMQPValue::LongInt(_) | AMQPValue::LongUInt(_) | AMQPValue::Float(_) => 4,
        AMQPValue::DecimalValue(_) => 5,
        AMQPValue::LongLongInt(_) | AMQPValue::Double(_) | AMQPValue::Timestamp(_) => 8,
        AMQPValue::ShortString(text) => 1 + text.as_str().len(),
        AMQPValue::LongString(text) => 4 + text.as_bytes().len(),
        AMQPValue::ByteArray(bytes) => 4 + bytes.as_slice().len(),
        AMQPValue::FieldArray(values) => {
            4 + values.as_slice().iter().map(value_size).sum::<usize>()
        }
        AMQPValue::FieldTable(table) => table_size(table),
    }
}

/// Converts a raw message for an event type.
///
/// # Errors
///
/// Returns an error if the type or the name of a header is too long for AMQP, or if all headers together exceed a
/// frame.
pub(crate) fn convert(ty: &str, message: &RawMessage) -> Result<OutgoingMessage, TransportError> {
    let key = routing::key_of(ty)?.to_owned();
    let sizes = message.headers.iter();
    if !fit(sizes.map(|(name, value)| name.len() + value.len())) {
        return Err(TransportError::rejected(format!(
            "the headers of the message exceed {MAX_HEADER_BYTES} bytes, the maximum for a frame of AMQP"
        )));
    }
    let mut content_type = None;
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in &message.headers {
        if name.len() > MAX_NAME {
            let reason =
                format!("the name of a header exceeds {MAX_NAME} bytes, the maximum of AMQP");
            return Err(TransportError::rejected(reason));
        }
        let is_property = name.eq_ignore_ascii_case(CONTENT_TYPE)
            && content_type.is_none()
            && value.len() <= MAX_NAME;
        if is_property {
            content_type = Some(value);
        } else if !ROUTING_HEADERS.contains(&name.as_str()) {
            values.entry(name).or_default().push(value);
        }
    }
    let mut table = FieldTable::default();
    for (name, values) in values {
        let mut values = values.into_iter();
        let text = |text: &str| AMQPValue::LongString(text.into());
        let value = match (values.next(), values.len()) {
            (Some(only), 0) => text(only),
            // A header occurs only once in AMQP.
            (first, _) => AMQPValue::FieldArray(FieldArray::from(
                first
                    .into_iter()
                    .chain(values)
                    .map(text)
                    .collect::<Vec<_>>(),
            )),
        };
        table.insert(short(name), value);
    }
    let mut properties = properties(table);
    if let Some(content_type) = content_type {
        properties = properties.with_content_type(short(content_type));
    }
    Ok(OutgoingMessage {
        key,
        properties,
        body: message.body.clone(),
    })
}

/// Decodes a message; if it is not an event, returns it as it was received.
pub(crate) fn decode(
    limits: Limits,
    properties: &BasicProperties,
    body: &Bytes,
) -> Result<Event, Box<InvalidMessage>> {
    let content_type = content_type(properties);
    let decoder = binding::with_limits(limits);
    let event = decoder.decode(content_type, headers(properties), body.clone());
    let event = match event {
        Err(_) if is_http(properties) => decode_http(limits, properties, body),
        event => event,
    };
    event.map_err(|error| {
        let message = RawMessage::new(owned_pairs(properties), body.clone());
        Box::new(InvalidMessage::new(error, message))
    })
}

/// Decodes a message with the headers of the HTTP binding, in which services store dead letters and replays.
fn decode_http(
    limits: Limits,
    properties: &BasicProperties,
    body: &Bytes,
) -> Result<Event, DecodeError> {
    let mut reader = BinaryReader::new(limits);
    for (name, value) in headers(properties) {
        if let (Some(attribute), HeaderRef::Text(text)) = (http_attribute(name), value) {
            reader.header(attribute, text.as_bytes(), "HTTP binding, 3.1.3.2");
        }
    }
    if let Some(content_type) = content_type(properties) {
        reader.attribute("datacontenttype", AttributeRef::Text(content_type));
    }
    reader.into_event(body.clone())
}

/// Returns whether a message has an event in the headers of the HTTP binding alone.
fn is_http(properties: &BasicProperties) -> bool {
    let is_structured = content_type(properties).is_some_and(binding::is_structured);
    let names = || headers(properties).map(|(name, _)| name);
    let is_marker = |name| {
        let attribute = http_attribute(name);
        matches!(attribute.as_deref(), Some("id" | "type" | "specversion"))
    };
    !is_structured && names().any(is_marker) && !names().any(binding::is_attribute)
}

/// Returns the attribute name of a header of the HTTP binding; header names are case-insensitive.
fn http_attribute(header: &str) -> Option<String> {
    let (prefix, attribute) = header.split_at_checked(HTTP_PREFIX.len())?;
    let is_attribute = prefix.eq_ignore_ascii_case(HTTP_PREFIX);
    is_attribute.then(|| attribute.to_ascii_lowercase())
}

fn content_type(properties: &BasicProperties) -> Option<&str> {
    properties.content_type().as_ref().map(ShortString::as_str)
}

/// Returns the headers in the types of the binding.
pub(crate) fn headers(
    properties: &BasicProperties,
) -> impl Iterator<Item = (&str, HeaderRef<'_>)> + Clone {
    let table = properties.headers().as_ref();
    let headers = table.into_iter().flat_map(|table| table.inner().iter());
    headers.map(|(name, value)| (name.as_str(), value.into()))
}

/// Returns the content type and the headers as text, sorted by name.
pub(crate) fn owned_pairs(properties: &BasicProperties) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let content_type = content_type(properties);
    pairs.extend(content_type.map(|text| (CONTENT_TYPE.to_owned(), text.to_owned())));
    let table = properties.headers().as_ref();
    for (name, value) in table.into_iter().flat_map(|table| table.inner().iter()) {
        let name = name.as_str();
        if let AMQPValue::FieldArray(values) = value {
            let values = values.as_slice().iter().map(HeaderRef::from);
            pairs.extend(values.filter_map(|value| Some((name.to_owned(), text_of(value)?))));
        } else if let Some(text) = text_of(value.into()) {
            pairs.push((name.to_owned(), text));
        }
    }
    pairs
}

fn text_of(value: HeaderRef<'_>) -> Option<String> {
    match value {
        HeaderRef::Boolean(flag) => Some(flag.to_string()),
        HeaderRef::Integer(number) => Some(number.to_string()),
        HeaderRef::Text(text) => Some(text.to_owned()),
        HeaderRef::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        HeaderRef::Timestamp(time) => Some(time.to_string()),
        HeaderRef::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use eventkit::transport::TransportErrorKind;

    use super::*;

    #[test]
    fn a_raw_message_keeps_its_headers() {
        let headers = [
            ("content-type", "text/plain"),
            ("a", "1"),
            ("b", "2"),
            ("b", "3"),
            ("x-death", "mine"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let message = RawMessage::new(headers.to_vec(), "no event");
        let mut sent = message.clone();
        // The broker would also route the message by these keys.
        let more = ["CC", "BCC"].map(|name| (name.to_owned(), "eventkit.replay.s".to_owned()));
        sent.headers.extend(more);
        let outgoing = convert("t", &sent).unwrap();
        let limits = Limits::DEFAULT;
        let invalid = decode(limits, &outgoing.properties, &outgoing.body).unwrap_err();
        assert_eq!(invalid.message, message);
    }

    #[test]
    fn headers_that_exceed_a_frame_are_moved_to_the_body_or_refused() {
        let long = "x".repeat(50_000);
        let event = Event::builder()
            .id("1")
            .source("/s")
            .ty("t")
            .extension("a", &*long);
        let event = event.extension("b", &*long).extension("c", &*long);
        let event = event.build().unwrap();
        let limits = Limits::DEFAULT;
        let outgoing = encode(&event, &Mode::Binary(Separator::Colon), &limits).unwrap();
        assert_eq!(owned_pairs(&outgoing.properties).len(), 1);
        let decoded = decode(limits, &outgoing.properties, &outgoing.body);
        assert_eq!(decoded.unwrap(), event);

        let header = |name: &str| (name.to_owned(), long.clone());
        let headers = vec![header("a"), header("b"), header("c")];
        let refused = convert("t", &RawMessage::new(headers, "")).unwrap_err();
        assert_eq!(refused.kind(), TransportErrorKind::Rejected);
    }

    #[test]
    fn an_event_with_headers_of_http_is_decoded() {
        let headers = [
            ("Content-Type", "text/plain"),
            ("ce-specversion", "1.0"),
            ("ce-id", "1"),
            ("ce-source", "/s"),
            ("ce-type", "t"),
            ("ce-subject", "%C3%A9%25"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let outgoing = convert("other", &RawMessage::new(headers.to_vec(), "x")).unwrap();
        let event = decode(Limits::DEFAULT, &outgoing.properties, &outgoing.body).unwrap();
        assert_eq!((event.ty(), event.subject()), ("t", Some("é%")));
    }
}
