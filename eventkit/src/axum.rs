//! Extractors and responses for axum (feature `axum`).
//!
//! As a parameter of an axum handler, [`Event`] takes one event, [`Typed`] one of a derived type,
//! and [`Batch`] any number; each takes whatever content mode is sent. A wrong request is answered
//! with a [`Problem`]. As a response, they are sent in binary mode, a [`Batch`] in batched mode;
//! [`Structured`] sends one event in structured mode. A [`DispatchError`] is a response as well.
//!
//! axum drops the future of a handler when the client hangs up. Where the handlers of an event
//! have to run to their end, dispatch in a task of their own, for instance with `tokio::spawn`.
//!
//! The body is read up to axum's `DefaultBodyLimit`, 2 MB unless the router says otherwise; over
//! that the answer is 413. The other [`Limits`] hold as well, those of a router being an extension
//! of its requests: `Router::layer(axum::Extension(limits))`. To take bodies over 2 MB, raise
//! `DefaultBodyLimit`; over 16 MiB, raise [`Limits::body_bytes`](field@Limits::body_bytes) too.
//!
//! ```
//! use axum::Router;
//! use axum::routing::post;
//! use eventkit::axum::Typed;
//! use eventkit::{CloudEvent, DispatchError, Event};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, CloudEvent)]
//! #[cloudevent(type = "co.outcome.beat", source = "/clock")]
//! struct Beat { count: u8 }
//!
//! async fn next(Typed(beat): Typed<Beat>) -> Typed<Beat> {
//!     Typed(Beat { count: beat.count + 1 })
//! }
//!
//! async fn echo(event: Event) -> Event {
//!     event
//! }
//!
//! async fn receive(event: Event) -> Result<(), DispatchError> {
//!     eventkit::dispatch(&event)?;
//!     Ok(())
//! }
//!
//! let app: Router = Router::new()
//!     .route("/beat", post(next))
//!     .route("/echo", post(echo))
//!     .route("/", post(receive));
//! ```

use axum_core::body::Body;
use axum_core::extract::{FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::binding::http::{self as binding, Decoder, Message, Problem};
use crate::dispatch::DispatchError;
use crate::error::{DecodeError, EncodeError};
use crate::event::{Event, Limits};
use crate::format::Json;
use crate::typed::CloudEvent;
/// The [module](crate::axum) has an example.
pub use crate::web::{Batch, Structured, Typed};

impl<S: Send + Sync> FromRequest<S> for Event {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        receive(request, state, Decoder::decode).await
    }
}

impl<S: Send + Sync, T: CloudEvent> FromRequest<S> for Typed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        receive(request, state, Decoder::decode_as).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for Batch {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        receive(request, state, Decoder::decode_batch)
            .await
            .map(Self)
    }
}

/// Reads a request, and decodes it within the limits of its router.
async fn receive<S: Send + Sync, T>(
    mut request: Request,
    state: &S,
    decode: fn(&Decoder, &HeaderMap, Bytes) -> Result<T, DecodeError>,
) -> Result<T, Problem> {
    let limits = request.extensions().get::<Limits>().copied();
    let decoder = binding::with_limits(limits.unwrap_or_default());
    let headers = std::mem::take(request.headers_mut());
    let body = Bytes::from_request(request, state).await;
    let body = body.map_err(|rejection| match rejection.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = "the body is larger than this server takes";
            Problem::new(status, "Body too large", detail)
        }
        status => Problem::new(status, "Body not readable", rejection.body_text()),
    })?;
    decode(&decoder, &headers, body).map_err(|error| Problem::from(&error))
}

impl IntoResponse for Event {
    fn into_response(self) -> Response {
        respond(binding::encode_binary(&self))
    }
}

impl<T: CloudEvent> IntoResponse for Typed<T> {
    fn into_response(self) -> Response {
        let event = self.0.to_event();
        respond(event.and_then(|event| binding::encode_binary(&event)))
    }
}

impl IntoResponse for Structured {
    fn into_response(self) -> Response {
        respond(binding::encode_structured(&self.0, &Json))
    }
}

impl IntoResponse for Batch {
    fn into_response(self) -> Response {
        respond(binding::encode_batch(&self.0, &Json))
    }
}

impl IntoResponse for Message {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.headers_mut() = self.headers;
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        http::Response::<Bytes>::from(self).map(Body::from)
    }
}

/// The answer to a dispatch that did not succeed: see [`Problem`]'s conversion from it.
impl IntoResponse for DispatchError {
    fn into_response(self) -> Response {
        Problem::from(&self).into_response()
    }
}

fn respond(message: Result<Message, EncodeError>) -> Response {
    match message {
        Ok(message) => message.into_response(),
        Err(error) => Problem::from(&error).into_response(),
    }
}
