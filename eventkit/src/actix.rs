//! Extractors and responses for actix-web (feature `actix`).
//!
//! As a parameter of an actix handler, [`Event`] takes one event, [`Typed`] one of a derived type, and
//! [`Batch`] any number; each takes whatever content mode is sent. A wrong request is answered with a
//! [`Problem`]. As a response, they are sent in binary mode, a [`Batch`] in batched mode; [`Structured`]
//! sends one event in structured mode. A [`Problem`] and a [`DispatchError`] are errors of a handler.
//!
//! actix may drop the future of a handler when the client hangs up. Where the handlers of an event
//! have to run to their end, dispatch in a task of their own, for instance with `actix_web::rt::spawn`.
//!
//! The body is read up to the limit of actix's `PayloadConfig`, 256 KB unless the app says otherwise;
//! over that the answer is 413. The other [`Limits`] hold as well, those of an app being part of its data:
//! `App::app_data(limits)`. To take bodies over 16 MiB, raise
//! [`Limits::body_bytes`](field@Limits::body_bytes) as well as the limit of `PayloadConfig`.
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
/// The [module](crate::actix) has an example.
pub use crate::web::{Batch, Structured, Typed};

/// The future of an extractor, which stays on the thread of its worker.
type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl FromRequest for Event {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        receive(request, payload, Decoder::decode)
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
            decoder.decode_batch(headers, body).map(Self)
        })
    }
}

/// Reads a request, and decodes it within the limits of its app.
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

/// Returns the headers of a request as the types that the binding takes: actix has those of `http` 0.2.
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
    Problem::new(StatusCode::BAD_REQUEST, "Headers not readable", detail)
}

/// Returns the problem of a body that was not read.
fn unreadable(error: &actix_web::Error) -> Problem {
    match status(error.as_response_error().status_code().as_u16()) {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = "the body is larger than this server takes";
            Problem::new(status, "Body too large", detail)
        }
        status => Problem::new(status, "Body not readable", error.to_string()),
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Returns a response of actix with the headers and the body of another.
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

/// The answer to a dispatch that did not succeed: see [`Problem`]'s conversion from it.
impl ResponseError for DispatchError {
    fn status_code(&self) -> ActixStatus {
        Problem::from(self).status_code()
    }

    fn error_response(&self) -> HttpResponse {
        Problem::from(self).error_response()
    }
}

fn respond(message: Result<Message, EncodeError>) -> HttpResponse {
    match message {
        Ok(message) => response(StatusCode::OK, &message.headers, message.body),
        Err(error) => Problem::from(&error).error_response(),
    }
}
