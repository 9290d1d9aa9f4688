//! A NATS message without its subject.

use std::borrow::Cow;

use bytes::Bytes;

/// Holds the headers and the body that an event becomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The headers, each name once.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body, which NATS calls payload.
    pub body: Bytes,
}

impl Message {
    /// Returns the value of a header; names have no case (section 3.1.3.1).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}
