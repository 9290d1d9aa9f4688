//! Extractors and responses for actix-web (feature `actix`).
//!
//! As parameters of an actix handler, [`Event`] extracts an event, [`Typed`] an event of a derived
//! type, and [`Batch`] any number of events, in any content mode. A malformed request is answered
//! with a [`Problem`]. An [`Event`] without a trace context joins [that of the
//! request](crate::binding::http::inherit_trace_context). As responses, they are sent in binary mode, and a [`Batch`] in batched mode.
//! [`Structured`] sends an event in structured mode, as JSON, and a [`Message`] of the encoders of
//! [`binding::http`](crate::binding::http) in another format. A [`Problem`] and a [`DispatchError`]
//! can be the error of a handler.
//!
//! actix may drop the future of a handler when the client disconnects. If the handlers of an event
//! must run to completion, dispatch in a separate task, for example with `actix_web::rt::spawn`.
//!
//! The size of the body is limited by actix's `PayloadConfig`, 256 KB by default. Larger requests
//! are answered with 413. The other [`Limits`] apply too. Set those of an app with
//! `App::app_data(limits)`. To accept bodies over 16 MiB, raise both
//! [`Limits::body_bytes`](field@Limits::body_bytes) and the limit of `PayloadConfig`.
//!
//! ```
//! use actix_web::{App, HttpResponse, web};
//! use eventkit::actix::Typed;
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
//! async fn receive(event: Event) -> Result<HttpResponse, DispatchError> {
//!     eventkit::dispatch(&event)?;
//!     Ok(HttpResponse::NoContent().finish())
//! }
//!
//! let app = App::new()
//!     .route("/beat", web::post().to(next))
//!     .route("/echo", web::post().to(echo))
//!     .route("/", web::post().to(receive));
//! # drop(app);
//! ```
//!
//! Add a [`Dispatcher`](crate::Dispatcher) to the app with `App::app_data(web::Data::new(app))`,
//! and take it as a parameter `app: web::Data<Dispatcher>`.
//!
//! # Tests
//!
//! To test a route, encode an event, and call the app with its headers and body:
//!
//! ```
//! use actix_web::test::{self, TestRequest};
//! use actix_web::{App, web};
//! use eventkit::Event;
//! use eventkit::binding::http::encode_binary;
//!
//! async fn echo(event: Event) -> Event {
//!     event
//! }
//!
//! # actix_web::rt::System::new().block_on(async {
//! let app = test::init_service(App::new().route("/echo", web::post().to(echo))).await;
//! let event = Event::builder().source("/shop").ty("co.outcome.beat").subject("7").build()?;
//! let message = encode_binary(&event)?;
//! let mut request = TestRequest::post().uri("/echo").set_payload(message.body);
//! for (name, value) in &message.headers {
//!     request = request.insert_header((name.as_str(), value.as_bytes()));
//! }
//! let response = test::call_service(&app, request.to_request()).await;
//! assert_eq!(response.status(), 200);
//! assert_eq!(response.headers().get("ce-subject").unwrap(), "7");
//! # Ok::<(), eventkit::BoxError>(())
//! # })?;
//! # Ok::<(), eventkit::BoxError>(())
//! ```

use std::future::Future;
use std::pin::Pin;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode as ActixStatus;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, ResponseError, web};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::binding::http::{self as binding, Decoder, Message, Problem};
use crate::dispatch::DispatchError;
use crate::error::{DecodeError, EncodeError};
use crate::event::{Event, Limits};
use crate::format::Json;
use crate::typed::CloudEvent;
use crate::web::answer;
pub use crate::web::{Batch, Structured, Typed};

/// The future of an extractor. It is not `Send`, because actix runs it on one thread.
type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl FromRequest for Event {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        receive(request, payload, crate::web::decode)
    }
}

impl<T: CloudEvent> FromRequest for Typed<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        receive(request, payload, |decoder, headers, body| {
            decoder.decode_as(headers, body).map(Self)
        })
    }
}

impl FromRequest for Batch {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        receive(request, payload, |decoder, headers, body| {
            crate::web::decode_batch(decoder, headers, body).map(Self)
        })
    }
}

/// Reads a request, and decodes it with the limits of its app.
fn receive<T: 'static>(
    request: &HttpRequest,
    payload: &mut Payload,
    decode: fn(&Decoder, &HeaderMap, Bytes) -> Result<T, DecodeError>,
) -> Extracting<T> {
    let limits = request.app_data::<Limits>().copied();
    let decoder = binding::with_limits(limits.unwrap_or_default());
    let headers = headers(request);
    let body = web::Bytes::from_request(request, payload);
    Box::pin(async move {
        let headers = headers?;
        let body = body.await.map_err(|error| unreadable(&error))?;
        decode(&decoder, &headers, body).map_err(|error| Problem::from(&error))
    })
}

/// Converts the headers of a request: actix uses version 0.2 of `http`.
fn headers(request: &HttpRequest) -> Result<HeaderMap, Problem> {
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(bad_headers("a header is malformed"));
        };
        if headers.try_append(name, value).is_err() {
            return Err(bad_headers("there are too many headers"));
        }
    }
    Ok(headers)
}

fn bad_headers(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "Unreadable headers", detail)
}

/// Returns the problem for a body that could not be read.
fn unreadable(error: &actix_web::Error) -> Problem {
    match status(error.as_response_error().status_code().as_u16()) {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = "the body exceeds the limit of this server";
            Problem::new(status, "Body too large", detail)
        }
        status => Problem::new(status, "Unreadable body", error.to_string()),
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Converts a response into an actix response.
fn response(code: StatusCode, headers: &HeaderMap, body: Bytes) -> HttpResponse {
    let code = ActixStatus::from_u16(code.as_u16());
    let mut response = HttpResponse::build(code.unwrap_or(ActixStatus::INTERNAL_SERVER_ERROR));
    for (name, value) in headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.body(body)
}

impl Responder for Event {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        respond(binding::encode_binary(&self))
    }
}

impl<T: CloudEvent> Responder for Typed<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let event = self.0.to_event();
        respond(event.and_then(|event| binding::encode_binary(&event)))
    }
}

impl Responder for Structured {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        respond(binding::encode_structured(&self.0, &Json))
    }
}

impl Responder for Batch {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        respond(binding::encode_batch(&self.0, &Json))
    }
}

impl Responder for Message {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        response(StatusCode::OK, &self.headers, self.body)
    }
}

impl Responder for Problem {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.error_response()
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> ActixStatus {
        let code = ActixStatus::from_u16(self.status().as_u16());
        code.unwrap_or(ActixStatus::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let (parts, body) = http::Response::<Bytes>::from(self.clone()).into_parts();
        response(parts.status, &parts.headers, body)
    }
}

/// The response to a failed dispatch, as the conversion into [`Problem`] defines it.
///
/// The detail of a 500 does not contain the errors of handlers. A middleware finds the error in
/// [`HttpResponse::error`].
impl ResponseError for DispatchError {
    fn status_code(&self) -> ActixStatus {
        answer(self).status_code()
    }

    fn error_response(&self) -> HttpResponse {
        answer(self).error_response()
    }
}

fn respond(message: Result<Message, EncodeError>) -> HttpResponse {
    match message {
        Ok(message) => response(StatusCode::OK, &message.headers, message.body),
        Err(error) => Problem::from(&error).error_response(),
    }
}
