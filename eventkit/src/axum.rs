//! Extractors and responses for axum (feature `axum`).
//!
//! As parameters of an axum handler, [`Event`] extracts an event, [`Typed`] an event of a derived
//! type, and [`Batch`] any number of events, in any content mode. A malformed request is answered
//! with a [`Problem`]. An [`Event`] without a trace context joins [that of the
//! request](crate::binding::http::inherit_trace_context). As responses, they are sent in binary mode, and a [`Batch`] in batched mode.
//! [`Structured`] sends an event in structured mode, as JSON. A [`Message`] of the encoders of
//! [`binding::http`](crate::binding::http) sends it in another format, and a [`DispatchError`] is a
//! response too.
//!
//! axum drops the future of a handler when the client disconnects. If the handlers of an event must
//! run to completion, dispatch in a separate task, for example with `tokio::spawn`.
//!
//! The size of the body is limited by axum's `DefaultBodyLimit`, 2 MB by default. Larger requests
//! are answered with 413. The other [`Limits`] apply too. Set those of a router with
//! `Router::layer(axum::Extension(limits))`. To accept bodies over 2 MB, raise `DefaultBodyLimit`;
//! for bodies over 16 MiB, also raise [`Limits::body_bytes`](field@Limits::body_bytes).
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
//!
//! The [`State`](crate::State) of this crate is the state of event handlers. The `State` of axum is
//! the state of a route, such as a [`Dispatcher`](crate::Dispatcher):
//!
//! ```standalone_crate
//! use axum::Router;
//! use axum::extract::State;
//! use axum::routing::post;
//! use eventkit::{DispatchError, Dispatcher, Event};
//!
//! async fn receive(State(app): State<Dispatcher>, event: Event) -> Result<(), DispatchError> {
//!     app.dispatch_async(&event).await?;
//!     Ok(())
//! }
//!
//! let app = Dispatcher::new(eventkit::default_registry()).build()?;
//! let router: Router = Router::new().route("/", post(receive)).with_state(app);
//! # Ok::<(), eventkit::DispatcherError>(())
//! ```
//!
//! # Tests
//!
//! To test a route, encode an event as a request and call the router, which is a tower service:
//!
//! ```
//! use axum::body::Body;
//! use axum::http::{Request, StatusCode};
//! use axum::routing::post;
//! use axum::{Router, body};
//! use eventkit::Event;
//! use eventkit::binding::http::{decode, encode_binary};
//! use tower::ServiceExt;
//!
//! async fn echo(event: Event) -> Event {
//!     event
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let app: Router = Router::new().route("/echo", post(echo));
//! let event = Event::builder().source("/shop").ty("co.outcome.beat").build()?;
//! let request = encode_binary(&event)?.request(Request::post("/echo"))?;
//! let (parts, body) = app.oneshot(request.map(Body::from)).await?.into_parts();
//! assert_eq!(parts.status, StatusCode::OK);
//! assert_eq!(decode(&parts.headers, body::to_bytes(body, usize::MAX).await?)?, event);
//! # Ok::<(), eventkit::BoxError>(())
//! # })?;
//! # Ok::<(), eventkit::BoxError>(())
//! ```

use std::sync::Arc;

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
use crate::web;
pub use crate::web::{Batch, Structured, Typed};

impl<S: Send + Sync> FromRequest<S> for Event {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        receive(request, state, web::decode).await
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
        receive(request, state, web::decode_batch).await.map(Self)
    }
}

/// Reads a request, and decodes it with the limits of its router.
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
            let detail = "the body exceeds the limit of this server";
            Problem::new(status, "Body too large", detail)
        }
        status => Problem::new(status, "Unreadable body", rejection.body_text()),
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

/// The response to a failed dispatch, as the conversion into [`Problem`] defines it.
///
/// The detail of a 500 does not contain the errors of handlers. A layer finds the error in the
/// extensions of the response, as an `Arc<DispatchError>`.
impl IntoResponse for DispatchError {
    fn into_response(self) -> Response {
        let mut response = web::answer(&self).into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

fn respond(message: Result<Message, EncodeError>) -> Response {
    match message {
        Ok(message) => message.into_response(),
        Err(error) => Problem::from(&error).into_response(),
    }
}
