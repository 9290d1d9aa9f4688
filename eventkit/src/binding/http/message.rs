//! An HTTP message without its start line.

use bytes::Bytes;
use http::header::MaxSizeReached;
use http::{HeaderMap, Request, Response, request, response};

use super::decode;
use crate::error::DecodeError;
use crate::event::Event;

/// The headers and the body of an encoded event or batch.
///
/// Requests and responses represent an event in the same way (section 3).
///
/// ```
/// use eventkit::Event;
/// use eventkit::binding::http;
///
/// let event = Event::builder().id("1").source("/shop").ty("co.outcome.note").data_text("hello").build()?;
/// let message = http::encode_binary(&event)?;
/// assert_eq!(message.headers["ce-type"], "co.outcome.note");
/// assert_eq!(message.body, "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// The headers, including `Content-Type`.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Message {
    /// Converts the message to a request; headers of the builder that the event does not have are
    /// kept.
    ///
    /// # Errors
    ///
    /// Returns an error if the builder is invalid, or if there are more headers than a
    /// [`HeaderMap`] can store.
    pub fn request(self, builder: request::Builder) -> http::Result<Request<Bytes>> {
        let mut request = builder.body(self.body)?;
        set_all(request.headers_mut(), &self.headers)?;
        Ok(request)
    }

    /// Converts the message to a response; headers of the builder that the event does not have are
    /// kept.
    ///
    /// # Errors
    ///
    /// Returns an error if the builder is invalid, or if there are more headers than a
    /// [`HeaderMap`] can store.
    pub fn response(self, builder: response::Builder) -> http::Result<Response<Bytes>> {
        let mut response = builder.body(self.body)?;
        set_all(response.headers_mut(), &self.headers)?;
        Ok(response)
    }
}

/// Sets headers, replacing all headers with the same names.
fn set_all(headers: &mut HeaderMap, message: &HeaderMap) -> Result<(), MaxSizeReached> {
    for name in message.keys() {
        headers.remove(name);
    }
    for (name, value) in message {
        headers.try_append(name, value.clone())?;
    }
    Ok(())
}

impl<B: Into<Bytes>> TryFrom<Request<B>> for Event {
    type Error = DecodeError;

    fn try_from(request: Request<B>) -> Result<Self, DecodeError> {
        let (parts, body) = request.into_parts();
        decode(&parts.headers, body.into())
    }
}

impl<B: Into<Bytes>> TryFrom<Response<B>> for Event {
    type Error = DecodeError;

    fn try_from(response: Response<B>) -> Result<Self, DecodeError> {
        let (parts, body) = response.into_parts();
        decode(&parts.headers, body.into())
    }
}
