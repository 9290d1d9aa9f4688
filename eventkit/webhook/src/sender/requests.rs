//! The requests of a sender.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use eventkit::transport::TransportError;
use http::{HeaderMap, Method, Request, Response};
use tokio::time::{Instant, timeout};

use super::response::{FailedAttempt, NextStep};
use super::target::Target;
use crate::client::HttpClient;
use crate::rate::RateLimiter;

/// A client for one target, with the rate that the target allows.
pub(super) struct Requests {
    pub(super) target: Target,
    pub(super) client: Arc<dyn HttpClient>,
    /// The headers that every request has.
    pub(super) headers: HeaderMap,
    pub(super) limiter: RateLimiter,
    /// The time limit of one request.
    pub(super) timeout: Duration,
}

impl Requests {
    /// Sends one request as soon as the rate limiter allows it, and returns the response.
    pub(super) async fn send(
        &self,
        method: Method,
        headers: HeaderMap,
        body: Bytes,
        deadline: Instant,
    ) -> Result<Response<Bytes>, FailedAttempt> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.target.uri.clone();
        *request.headers_mut() = headers;
        for (name, value) in &self.headers {
            request.headers_mut().insert(name, value.clone());
        }
        self.limiter.acquire(deadline).await.map_err(|delay| {
            let reason = "the target currently accepts no more requests";
            FailedAttempt::new(NextStep::Retry(Some(delay)), reason)
        })?;
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = self.timeout.min(left);
        let response = timeout(limit, self.client.send(request)).await;
        let response = response.unwrap_or_else(|_| {
            let message = format!("the request timed out after {limit:?}");
            Err(TransportError::unavailable(message))
        });
        response.map_err(FailedAttempt::without_response)
    }
}
