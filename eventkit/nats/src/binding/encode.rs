//! Encoding of events as messages.

use std::borrow::Cow;

use bytes::Bytes;
use eventkit::binding::{self, header_value};
use eventkit::format::Format;
use eventkit::{EncodeError, Event};

/// The headers and the body of a message.
///
/// ```
/// use eventkit::Event;
/// use eventkit_nats::binding;
///
/// let event = Event::builder().id("1").source("/shop").ty("t").data_text("hello").build()?;
/// let message = binding::encode_binary(&event)?;
/// assert_eq!(message.header("ce-type"), Some("t"));
/// assert_eq!(message.body, "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The headers; each name occurs once.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body, called payload in NATS.
    pub body: Bytes,
}

impl Message {
    /// Returns the value of a header; names are case-insensitive (3.1.3.1).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(header, _)| header.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// Encodes an event in binary content mode, with attributes as headers and data as body (3.1).
///
/// # Errors
///
/// Returns an error if the data is text in a charset other than UTF-8, as it may be after decoding
/// from a structured format.
pub fn encode_binary(event: &Event) -> Result<Message, EncodeError> {
    let mut headers = Vec::with_capacity(8 + event.extensions().len());
    let time = event.time().map(|time| time.to_string());
    let core = [
        ("ce-specversion", Some(event.spec_version())),
        ("ce-id", Some(event.id())),
        ("ce-source", Some(event.source())),
        ("ce-type", Some(event.ty())),
        ("ce-subject", event.subject()),
        ("ce-time", time.as_deref()),
        ("ce-datacontenttype", event.data_content_type()),
        ("ce-dataschema", event.data_schema()),
    ];
    for (name, value) in core {
        if let Some(value) = value {
            let value = header_value::encode(value).into_owned();
            headers.push((Cow::Borrowed(name), value));
        }
    }
    for (name, value) in event.extensions() {
        let value = header_value::encode(&value.to_text()).into_owned();
        headers.push((Cow::Owned(format!("ce-{name}")), value));
    }
    let body = binding::body(event)?;
    Ok(Message { headers, body })
}

/// Encodes an event in structured content mode, with all attributes and data in the body (3.2).
///
/// Receivers are only required to support the JSON event format (3).
///
/// # Errors
///
/// Returns an error if the format cannot represent the event.
pub fn encode_structured(event: &Event, format: &dyn Format) -> Result<Message, EncodeError> {
    let content_type = format.content_type().to_owned();
    Ok(Message {
        headers: vec![(Cow::Borrowed("Content-Type"), content_type)],
        body: format.encode(event)?,
    })
}
