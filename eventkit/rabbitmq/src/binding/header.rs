//! The values of headers.

use lapin::types::AMQPValue;

/// The value of a header, in the types of AMQP 0-9-1 that attributes can have.
///
/// ```
/// use eventkit_rabbitmq::binding::{self, HeaderRef};
///
/// let headers = [
///     ("cloudEvents:specversion", HeaderRef::Text("1.0")),
///     ("cloudEvents:id", HeaderRef::Integer(17)),
///     ("cloudEvents:source", HeaderRef::Text("/shop")),
///     ("cloudEvents:type", HeaderRef::Text("placed")),
///     ("cloudEvents:time", HeaderRef::Timestamp(1_769_850_000)),
/// ];
/// let event = binding::decode(Some("text/plain"), headers, "hello".into())?;
/// assert_eq!(event.id(), "17");
/// assert_eq!(event.time().unwrap().to_string(), "2026-01-31T09:00:00Z");
/// # Ok::<(), eventkit::DecodeError>(())
/// ```
///
/// A value of the client `lapin` 4 converts to this type.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum HeaderRef<'a> {
    /// A boolean.
    Boolean(bool),
    /// An integer of any width.
    Integer(i64),
    /// Text.
    Text(&'a str),
    /// A byte array, or text that is not UTF-8.
    Bytes(&'a [u8]),
    /// A timestamp, in seconds since 1970, or in milliseconds, as bridges from AMQP 1.0 may pass it on.
    Timestamp(u64),
    /// A value of a type that attributes do not have.
    Other,
}

/// The value of an encoded header.
///
/// [`Message`](super::Message) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderValue {
    /// A boolean, the type `t`.
    Boolean(bool),
    /// An integer, which is encoded with 64 bits, the type `l` (3.1.3.2).
    Integer(i64),
    /// Text, the type `S`.
    Text(String),
}

impl HeaderRef<'_> {
    /// Returns the number of bytes that count for the limit of headers.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Boolean(_) => 1,
            Self::Integer(_) | Self::Timestamp(_) | Self::Other => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

impl<'a> From<&'a HeaderValue> for HeaderRef<'a> {
    fn from(value: &'a HeaderValue) -> Self {
        match value {
            HeaderValue::Boolean(flag) => Self::Boolean(*flag),
            HeaderValue::Integer(number) => Self::Integer(*number),
            HeaderValue::Text(text) => Self::Text(text),
        }
    }
}

impl<'a> From<&'a AMQPValue> for HeaderRef<'a> {
    fn from(value: &'a AMQPValue) -> Self {
        match value {
            AMQPValue::Boolean(flag) => Self::Boolean(*flag),
            AMQPValue::ShortShortInt(number) => Self::Integer((*number).into()),
            AMQPValue::ShortShortUInt(number) => Self::Integer((*number).into()),
            AMQPValue::ShortInt(number) => Self::Integer((*number).into()),
            AMQPValue::ShortUInt(number) => Self::Integer((*number).into()),
            AMQPValue::LongInt(number) => Self::Integer((*number).into()),
            AMQPValue::LongUInt(number) => Self::Integer((*number).into()),
            AMQPValue::LongLongInt(number) => Self::Integer(*number),
            AMQPValue::ShortString(text) => Self::Text(text.as_str()),
            AMQPValue::LongString(text) => {
                let bytes = text.as_bytes();
                str::from_utf8(bytes).map_or(Self::Bytes(bytes), Self::Text)
            }
            AMQPValue::ByteArray(bytes) => Self::Bytes(bytes.as_slice()),
            AMQPValue::Timestamp(time) => Self::Timestamp(*time),
            _ => Self::Other,
        }
    }
}

impl From<HeaderValue> for AMQPValue {
    fn from(value: HeaderValue) -> Self {
        match value {
            HeaderValue::Boolean(flag) => Self::Boolean(flag),
            HeaderValue::Integer(number) => Self::LongLongInt(number),
            HeaderValue::Text(text) => Self::LongString(text.into()),
        }
    }
}
