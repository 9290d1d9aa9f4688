//! A NATS message without its subject.

use std::borrow::Cow;

use bytes::Bytes;

/// The headers and the body of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The headers, each with a different name.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body, which is called payload in NATS.
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
