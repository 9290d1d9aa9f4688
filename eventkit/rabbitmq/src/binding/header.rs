//! The values of headers.

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
