//! By what requests are sent.

use std::error::Error;
use std::fmt::Debug;
use std::iter;

use bytes::Bytes;
use http::{Request, Response};
use reqwest::redirect::Policy;

use super::Endpoint;
use eventkit::reqwest::read;
use eventkit::transport::{BoxFuture, TransportError, TransportErrorKind};

/// The most that is read of the body of an answer, in bytes.
const ANSWER: usize = 64 * 1024;

/// Is implemented by what sends one request over HTTP and gives back the response.
///
/// [`Sender`](super::Sender) has one made with reqwest. An [`Endpoint`] is one that sends to itself
/// without a network, for tests.
pub trait HttpClient: Debug + Send + Sync {
    /// Sends a request once, and follows no redirect.
    ///
    /// The body of the response may be cut or left out where it is large: it is only looked at to
    /// say what went wrong.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](TransportErrorKind::Unavailable) where another try may help.
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>>;
}

impl HttpClient for Endpoint {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async { Ok(self.respond(request).await) })
    }
}

/// Sends with reqwest.
#[derive(Debug)]
pub(super) struct Reqwest(reqwest::Client);

impl Reqwest {
    /// Makes a client; it follows no redirects, whatever the builder said (2.2).
    pub(super) fn new(builder: reqwest::ClientBuilder) -> Result<Self, TransportError> {
        let client = builder.redirect(Policy::none()).build();
        client.map(Self).map_err(|error| {
            let what = "the HTTP client of a webhook sender cannot be made";
            configuration(what).with_source(error)
        })
    }

    async fn execute(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let https = request.uri().scheme_str() == Some("https");
        let request = reqwest::Request::try_from(request)
            .map_err(|error| configuration("the request cannot be made").with_source(error))?;
        let response = self.0.execute(request).await.map_err(|error| {
            // Its address may hold a token.
            let error = error.without_url();
            if https && lacks_tls(&error) {
                let what = "reqwest is built without TLS, and cannot send to https: enable one of \
                            its features, such as `rustls`";
                return configuration(what).with_source(error);
            }
            let what = if error.is_timeout() {
                "there was no answer in time"
            } else if error.is_connect() {
                "no connection could be made"
            } else {
                "the connection broke before the answer came"
            };
            TransportError::new(TransportErrorKind::Unavailable, what).with_source(error)
        })?;
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        if !answer.status().is_success() {
            // What cannot be read is only missing in an error.
            *answer.body_mut() = read(response, ANSWER).await.unwrap_or_default().body;
        }
        Ok(answer)
    }
}

impl HttpClient for Reqwest {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(self.execute(request))
    }
}

/// Returns whether a client without TLS was to send to `https`.
fn lacks_tls(error: &reqwest::Error) -> bool {
    let mut causes = iter::successors(error.source(), |error| (*error).source());
    causes.any(|cause| cause.to_string().contains("scheme is not http"))
}

fn configuration(what: &str) -> TransportError {
    TransportError::new(TransportErrorKind::Configuration, what)
}
