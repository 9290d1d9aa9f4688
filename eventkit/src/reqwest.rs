//! Sending and receiving events with reqwest (feature `reqwest`).
//!
//! ```no_run
//! use eventkit::Event;
//! use eventkit::reqwest::{RequestBuilderExt, ResponseExt};
//!
//! # async fn run(event: Event) -> Result<(), Box<dyn std::error::Error>> {
//! let client = reqwest::Client::new();
//! let response = client.post("http://localhost:8080/echo").event(&event)?.send().await?;
//! let answer: Event = response.error_for_status()?.event().await?;
//! # Ok(())
//! # }
//! ```

use std::future::Future;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use reqwest::{RequestBuilder, Response};
use thiserror::Error;

use crate::binding::http::{self as binding, Decoder, Message};
use crate::error::{DecodeError, EncodeError};
use crate::event::{Event, Limits};
use crate::format::Format;
use crate::transport::{with_current_trace, with_current_trace_all};
use crate::typed::{CloudEvent, ToEvent};

/// An extension of [`RequestBuilder`] that sends events in requests.
///
/// An event is an [`Event`] or a value of a derived type. With OpenTelemetry (feature `otel`), an event
/// without a `traceparent` is sent with the trace context of the current span. This trait is sealed.
///
/// ```
/// use eventkit::CloudEvent;
/// use eventkit::reqwest::RequestBuilderExt;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
/// struct OrderPlaced { order_id: String }
///
/// let order = OrderPlaced { order_id: "A-1".into() };
/// let request = reqwest::Client::new().post("http://example.com").event(&order)?.build()?;
/// assert_eq!(request.headers()["ce-type"], OrderPlaced::TYPE);
/// assert_eq!(request.body().unwrap().as_bytes().unwrap(), br#"{"order_id":"A-1"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait RequestBuilderExt: sealed::Request {
    /// Sets headers and body to an event in binary mode.
    ///
    /// # Errors
    ///
    /// Returns an error if a value cannot be encoded, or if headers cannot represent the event.
    fn event<E: ToEvent + ?Sized>(self, event: &E) -> Result<Self, EncodeError>;

    /// Sets headers and body to an event in structured mode.
    ///
    /// # Errors
    ///
    /// Returns an error if a value cannot be encoded, or if the format cannot represent the event.
    fn event_structured<E: ToEvent + ?Sized>(
        self,
        event: &E,
        format: &dyn Format,
    ) -> Result<Self, EncodeError>;

    /// Sets headers and body to events in batched mode.
    ///
    /// # Errors
    ///
    /// Returns an error if the format has no batches, or cannot represent an event.
    fn event_batch(self, events: &[Event], format: &dyn Format) -> Result<Self, EncodeError>;
}

impl RequestBuilderExt for RequestBuilder {
    fn event<E: ToEvent + ?Sized>(self, event: &E) -> Result<Self, EncodeError> {
        let event = event.to_event_cow()?;
        let event = with_current_trace(&event);
        binding::encode_binary(&event).map(|message| with(self, message))
    }

    fn event_structured<E: ToEvent + ?Sized>(
        self,
        event: &E,
        format: &dyn Format,
    ) -> Result<Self, EncodeError> {
        let event = event.to_event_cow()?;
        let event = with_current_trace(&event);
        binding::encode_structured(&event, format).map(|message| with(self, message))
    }

    fn event_batch(self, events: &[Event], format: &dyn Format) -> Result<Self, EncodeError> {
        let events = with_current_trace_all(events);
        binding::encode_batch(&events, format).map(|message| with(self, message))
    }
}

fn with(request: RequestBuilder, message: Message) -> RequestBuilder {
    request.headers(message.headers).body(message.body)
}

/// An extension of [`Response`] that reads events from responses.
///
/// The status is not checked, so call `error_for_status` first if it matters. The default
/// [`Limits`] apply, unless others are set:
///
/// ```no_run
/// use eventkit::reqwest::ResponseExt;
/// use eventkit::{Event, Limits};
///
/// # async fn run(response: reqwest::Response) -> Result<(), Box<dyn std::error::Error>> {
/// let event: Event = response.with_limits(Limits::DEFAULT.body_bytes(64 * 1024)).event().await?;
/// # Ok(())
/// # }
/// ```
pub trait ResponseExt: sealed::IntoLimited {
    /// Reads an event in any content mode.
    ///
    /// # Errors
    ///
    /// Returns an error if the response cannot be read, exceeds a limit, or is not one valid event.
    fn event(self) -> impl Future<Output = Result<Event, ReceiveError>> + Send {
        self.into_limited().receive(Decoder::decode)
    }

    /// Reads an event of a derived type.
    ///
    /// # Errors
    ///
    /// Returns an error if [`event`](ResponseExt::event) does, or if the event is
    /// not a `T`.
    fn event_as<T: CloudEvent>(self) -> impl Future<Output = Result<T, ReceiveError>> + Send {
        self.into_limited().receive(Decoder::decode_as)
    }

    /// Reads a batch. A single event is read as a batch of one.
    ///
    /// # Errors
    ///
    /// Returns an error if [`event`](ResponseExt::event) does, for any event of the
    /// batch.
    fn event_batch(self) -> impl Future<Output = Result<Vec<Event>, ReceiveError>> + Send {
        self.into_limited().receive(Decoder::decode_batch)
    }

    /// Sets the limits for reading the response.
    fn with_limits(self, limits: Limits) -> Limited {
        let Limited { response, .. } = self.into_limited();
        Limited { response, limits }
    }
}

/// A response with the [`Limits`] for reading it.
#[derive(Debug)]
pub struct Limited {
    response: Response,
    limits: Limits,
}

impl Limited {
    async fn receive<T>(
        self,
        decode: fn(&Decoder, &HeaderMap, Bytes) -> Result<T, DecodeError>,
    ) -> Result<T, ReceiveError> {
        let Message { headers, body } = read(self.response, self.limits.body_bytes).await?;
        Ok(decode(&binding::with_limits(self.limits), &headers, body)?)
    }
}

mod sealed {
    use super::{Limited, Limits, RequestBuilder, Response};

    pub trait Request: Sized {}

    impl Request for RequestBuilder {}

    pub trait IntoLimited: Sized {
        fn into_limited(self) -> Limited;
    }

    impl IntoLimited for Limited {
        fn into_limited(self) -> Limited {
            self
        }
    }

    impl IntoLimited for Response {
        fn into_limited(self) -> Limited {
            Limited {
                response: self,
                limits: Limits::DEFAULT,
            }
        }
    }
}

impl ResponseExt for Limited {}

impl ResponseExt for Response {}

/// Reads the headers and the body of a response, up to a maximum body size in bytes.
///
/// # Errors
///
/// Returns an error if the body cannot be read, or exceeds the limit.
pub async fn read(mut response: Response, limit: usize) -> Result<Message, ReceiveError> {
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Err(ReceiveError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    let body = body.freeze();
    Ok(Message { headers, body })
}

/// The error returned when an event cannot be read from a response.
///
/// The [module](crate::reqwest) has an example.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The connection failed.
    #[error("failed to read the response")]
    Transport(#[from] reqwest::Error),
    /// The body is larger than the limit.
    #[error("the body of the response exceeds {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The response is not a valid event.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}
