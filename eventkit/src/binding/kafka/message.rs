//! A Kafka record without its key.

use std::borrow::Cow;

use bytes::Bytes;

/// The headers and the value of an encoded event.
///
/// ```
/// use eventkit::Event;
/// use eventkit::binding::kafka;
///
/// let event = Event::builder().id("1").source("/shop").ty("t").data_text("hello").build()?;
/// let message = kafka::encode_binary(&event)?;
/// assert_eq!(message.header("ce_type"), Some(&b"t"[..]));
/// assert_eq!(message.value.as_deref(), Some(&b"hello"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The headers. Each name of an encoded event occurs once.
    pub headers: Vec<(Cow<'static, str>, Vec<u8>)>,
    /// The value; `None` is the null value of an event without data in binary mode.
    pub value: Option<Bytes>,
}

impl Message {
    /// Returns the value of a header, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(header, _)| header.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}
