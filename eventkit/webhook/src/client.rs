//! The HTTP client of a sender.

use std::error::Error;
use std::fmt::Debug;
use std::iter;
use std::mem;
use std::sync::OnceLock;

use bytes::Bytes;
use http::{Request, Response, Uri};
use reqwest::Url;
use reqwest::redirect::Policy;

use eventkit::reqwest::read;
use eventkit::transport::{BoxFuture, TransportError};

/// The maximum size of the body of an error response, in bytes.
const MAX_RESPONSE_BODY: usize = 64 * 1024;

/// An HTTP client that sends one request and returns the response.
///
/// A [`Sender`](crate::Sender) uses reqwest by default. For tests, an [`Endpoint`](crate::Endpoint)
/// also implements this trait: it responds to the request in memory.
pub trait HttpClient: Debug + Send + Sync {
    /// Sends a request once, without following redirects.
    ///
    /// The response body is only used for error messages, so a large one may be truncated or
    /// omitted.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no response; its kind is
    /// [`Unavailable`](eventkit::transport::TransportErrorKind::Unavailable) if a retry may help.
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>>;
}

/// The default client, which uses reqwest.
#[derive(Debug)]
pub(super) struct Reqwest {
    client: reqwest::Client,
    /// The URL of the sender's target, which is not parsed for each request.
    target: OnceLock<(Uri, Url)>,
}

impl Reqwest {
    /// Creates a client that never follows redirects, regardless of the builder's settings (2.2).
    pub(super) fn new(builder: reqwest::ClientBuilder) -> Result<Self, TransportError> {
        let client = builder.redirect(Policy::none()).build();
        let client = client.map_err(|error| {
            TransportError::configuration("failed to create the HTTP client of a webhook sender")
                .with_source(error)
        })?;
        let target = OnceLock::new();
        Ok(Self { client, target })
    }

    fn url(&self, uri: &Uri) -> Result<Url, TransportError> {
        if let Some((target, url)) = self.target.get()
            && target == uri
        {
            return Ok(url.clone());
        }
        let url = Url::parse(&uri.to_string()).map_err(|error| {
            TransportError::configuration("failed to create the request").with_source(error)
        })?;
        // reqwest parses any other type for each request.
        let _ = self.target.set((uri.clone(), url.clone()));
        Ok(url)
    }

    async fn execute(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let https = request.uri().scheme_str() == Some("https");
        let (parts, body) = request.into_parts();
        let mut request = reqwest::Request::new(parts.method, self.url(&parts.uri)?);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(body.into());
        let mut response = self.client.execute(request).await.map_err(|error| {
            // The URL may contain a token.
            let error = error.without_url();
            if https && lacks_tls(&error) {
                let message = "reqwest has no TLS support for https: enable one of its TLS features, such as \
                               `rustls`";
                return TransportError::configuration(message).with_source(error);
            }
            let message = if error.is_timeout() {
                "the request timed out"
            } else if error.is_connect() {
                "failed to connect"
            } else {
                "the connection was closed before the response"
            };
            TransportError::unavailable(message).with_source(error)
        })?;
        let mut received = Response::new(Bytes::new());
        *received.status_mut() = response.status();
        if received.status().is_success() {
            *received.headers_mut() = mem::take(response.headers_mut());
        } else {
            *received.headers_mut() = response.headers().clone();
            // If the body cannot be read, the error message just does not contain it.
            *received.body_mut() = read(response, MAX_RESPONSE_BODY)
                .await
                .unwrap_or_default()
                .body;
        }
        Ok(received)
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

/// Returns whether the client refused `https` because it has no TLS support.
fn lacks_tls(error: &reqwest::Error) -> bool {
    let mut causes = iter::successors(error.source(), |error| (*error).source());
    causes.any(|cause| cause.to_string().contains("scheme is not http"))
}
