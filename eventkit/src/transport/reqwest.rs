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

use bytes::BytesMut;
use reqwest::{RequestBuilder, Response};
use thiserror::Error;

use crate::binding::http::{self as binding, Message};
use crate::error::{DecodeError, EncodeError};
use crate::event::Event;
use crate::format::Format;
use crate::typed::CloudEvent;

/// The largest body that [`ResponseExt`] reads, in bytes.
pub const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Puts events into requests.
pub trait RequestBuilderExt: Sized {
    /// Puts an event into the request in binary mode.
    ///
    /// # Errors
    ///
    /// Where the event does not fit into headers.
    fn event(self, event: &Event) -> Result<Self, EncodeError>;

    /// Puts an event into the request in structured mode.
    ///
    /// # Errors
    ///
    /// Where the format cannot hold the event.
    fn event_structured(self, event: &Event, format: &dyn Format) -> Result<Self, EncodeError>;

    /// Puts events into the request in batched mode.
    ///
    /// # Errors
    ///
    /// Where the format has no batches, or cannot hold an event.
    fn event_batch(self, events: &[Event], format: &dyn Format) -> Result<Self, EncodeError>;
}

impl RequestBuilderExt for RequestBuilder {
    fn event(self, event: &Event) -> Result<Self, EncodeError> {
        binding::encode_binary(event).map(|message| with(self, message))
    }

    fn event_structured(self, event: &Event, format: &dyn Format) -> Result<Self, EncodeError> {
        binding::encode_structured(event, format).map(|message| with(self, message))
    }

    fn event_batch(self, events: &[Event], format: &dyn Format) -> Result<Self, EncodeError> {
        binding::encode_batch(events, format).map(|message| with(self, message))
    }
}

fn with(request: RequestBuilder, message: Message) -> RequestBuilder {
    request.headers(message.headers).body(message.body)
}

/// Takes events out of responses.
///
/// The status is not looked at: call `error_for_status` first where it matters.
pub trait ResponseExt: Sized {
    /// Reads one event, in whichever mode it was sent.
    ///
    /// # Errors
    ///
    /// Where the body cannot be read or is over [`BODY_LIMIT`], or is not one valid event.
    fn event(self) -> impl Future<Output = Result<Event, ReceiveError>> + Send;

    /// Reads one event of a derived type.
    ///
    /// # Errors
    ///
    /// As for [`event`](ResponseExt::event), or where it is not a `T`.
    fn event_as<T: CloudEvent>(self) -> impl Future<Output = Result<T, ReceiveError>> + Send;

    /// Reads a batch; a single event is taken as a batch of one.
    ///
    /// # Errors
    ///
    /// As for [`event`](ResponseExt::event).
    fn event_batch(self) -> impl Future<Output = Result<Vec<Event>, ReceiveError>> + Send;
}

impl ResponseExt for Response {
    async fn event(self) -> Result<Event, ReceiveError> {
        let message = read(self, BODY_LIMIT).await?;
        Ok(binding::decode(&message.headers, message.body)?)
    }

    async fn event_as<T: CloudEvent>(self) -> Result<T, ReceiveError> {
        let message = read(self, BODY_LIMIT).await?;
        Ok(binding::decode_as(&message.headers, message.body)?)
    }

    async fn event_batch(self) -> Result<Vec<Event>, ReceiveError> {
        let message = read(self, BODY_LIMIT).await?;
        Ok(binding::decode_batch(&message.headers, message.body)?)
    }
}

/// Reads headers and body of a response, up to a limit of the body in bytes.
///
/// # Errors
///
/// Where the body cannot be read, or is over the limit.
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

/// Says why no event could be taken out of a response.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The connection failed.
    #[error("the response could not be read")]
    Transport(#[from] reqwest::Error),
    /// The body is larger than the limit.
    #[error("the body of the response is over {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The response is not an event.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}
