//! Encoding of events as messages.

use std::borrow::Cow;

use bytes::Bytes;
use eventkit::binding;
use eventkit::event::AttributeRef;
use eventkit::format::Format;
use eventkit::{EncodeError, Event};

use super::separator::Separator;
use super::{HeaderRef, HeaderValue, MAX_SHORT_STRING, is_structured};

/// The content type, the headers and the body of a message.
///
/// ```
/// use eventkit::Event;
/// use eventkit_rabbitmq::binding::{self, HeaderValue};
///
/// let event = Event::builder().id("1").source("/shop").ty("t").data_text("hello").build()?;
/// let message = binding::encode_binary(&event)?;
/// assert_eq!(message.header("cloudEvents_type"), Some(&HeaderValue::Text("t".to_owned())));
/// assert_eq!(message.body, "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The property `content_type`, of at most 255 bytes.
    pub content_type: Option<String>,
    /// The headers; each name occurs once.
    pub headers: Vec<(Cow<'static, str>, HeaderValue)>,
    /// The body.
    pub body: Bytes,
}

impl Message {
    /// Returns the headers in the form that [`decode`](super::decode) takes.
    pub fn headers(&self) -> impl Iterator<Item = (&str, HeaderRef<'_>)> + Clone {
        let headers = self.headers.iter();
        headers.map(|(name, value)| (&**name, value.into()))
    }

    /// Returns the value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&HeaderValue> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(header, _)| header == name)?;
        Some(value)
    }
}

/// Encodes an event in binary content mode, with attributes as headers and data as body (3.1).
///
/// The names of the headers have the default [separator](Separator).
///
/// # Errors
///
/// Returns an error if the data is text in a charset other than UTF-8, as it may be after decoding
/// from a structured format, or if the name of an extension is too long for a header.
pub fn encode_binary(event: &Event) -> Result<Message, EncodeError> {
    encode_binary_with(event, Separator::default())
}

/// Encodes an event in binary content mode, with a separator in the names of headers (3.1.3.1).
///
/// # Errors
///
/// Returns an error if [`encode_binary`] does.
pub fn encode_binary_with(event: &Event, separator: Separator) -> Result<Message, EncodeError> {
    let mut headers = Vec::with_capacity(8 + event.extensions().len());
    let time = event.time().map(|time| time.to_string());
    let content_type = event.data_content_type();
    let is_property = |text: &&str| text.len() <= MAX_SHORT_STRING && !is_structured(text);
    let property = content_type.filter(is_property);
    let names = separator.core_headers();
    let core = [
        (names.spec_version, Some(event.spec_version())),
        (names.id, Some(event.id())),
        (names.source, Some(event.source())),
        (names.ty, Some(event.ty())),
        (names.subject, event.subject()),
        (names.time, time.as_deref()),
        (
            names.data_content_type,
            content_type.filter(|_| property.is_none()),
        ),
        (names.data_schema, event.data_schema()),
    ];
    for (name, value) in core {
        if let Some(value) = value {
            let value = HeaderValue::Text(value.to_owned());
            headers.push((Cow::Borrowed(name), value));
        }
    }
    for (name, value) in event.extensions() {
        let header = format!("{}{name}", separator.prefix());
        if header.len() > MAX_SHORT_STRING {
            let reason = format!("the name `{name}` is too long for a header of AMQP");
            return Err(EncodeError::format(reason));
        }
        let value = match AttributeRef::from(value) {
            AttributeRef::Boolean(flag) => HeaderValue::Boolean(flag),
            AttributeRef::Integer(number) => HeaderValue::Integer(number.into()),
            other => HeaderValue::Text(other.into_text().into_owned()),
        };
        headers.push((Cow::Owned(header), value));
    }
    Ok(Message {
        content_type: property.map(str::to_owned),
        headers,
        body: binding::body(event)?,
    })
}

/// Encodes an event in structured content mode, with all attributes and data in the body (3.2).
///
/// # Errors
///
/// Returns an error if the format cannot represent the event.
pub fn encode_structured(event: &Event, format: &dyn Format) -> Result<Message, EncodeError> {
    Ok(Message {
        content_type: Some(format.content_type().to_owned()),
        headers: Vec::new(),
        body: format.encode(event)?,
    })
}
