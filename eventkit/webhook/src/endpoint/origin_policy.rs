//! The allowed origins, and the handshake (Web Hooks for Event Delivery, 4).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use eventkit::binding::http::Problem;
use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use tokio::time::Instant;

use super::delivery_summary::{empty, too_many_requests};
use crate::headers::{
    ALLOWED_ORIGIN, ALLOWED_RATE, REQUEST_CALLBACK, REQUEST_ORIGIN, REQUEST_RATE, parse_rate,
};
use crate::rate::TokenBucket;

/// A permission request of a sender whose origin is not allowed.
///
/// A person or a program grants the permission by calling the URL; the endpoint never calls it.
/// Anyone who can reach the endpoint can choose the URL: a program that calls it must check that it
/// belongs to a known sender and does not lead into an internal network.
///
/// ```
/// use eventkit_webhook::Endpoint;
///
/// let endpoint = Endpoint::builder()
///     .on_callback(|request| println!("{} asks for {}", request.origin, request.callback))
///     .build()?;
/// # drop(endpoint);
/// # Ok::<(), eventkit::transport::TransportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackRequest {
    /// The origin that the sender claims.
    pub origin: String,
    /// The URL that grants the permission.
    pub callback: String,
    /// The requested rate, in requests per minute.
    pub rate: Option<u32>,
}

type OnCallback = Box<dyn Fn(CallbackRequest) + Send + Sync>;

/// The allowed origins, and their rates.
#[derive(Default)]
pub(super) struct OriginPolicy {
    pub(super) allowed: Vec<String>,
    pub(super) any: bool,
    /// Whether each delivery needs an allowed origin.
    pub(super) required: bool,
    pub(super) rate: Option<u32>,
    pub(super) on_callback: Option<OnCallback>,
    buckets: Mutex<HashMap<String, TokenBucket>>,
    /// The shared bucket of all validation requests.
    handshakes: Mutex<Option<TokenBucket>>,
}

/// The maximum number of validation requests per minute, if no rate is set.
const DEFAULT_HANDSHAKE_RATE: u32 = 60;

impl OriginPolicy {
    /// Checks the settings; the error describes the first invalid one.
    pub(super) fn check(&self) -> Result<(), String> {
        for origin in &self.allowed {
            if origin == "*" {
                return Err(
                    "`*` is not an origin: use `allow_any_origin` to allow all origins".to_owned(),
                );
            }
            if origin.is_empty() || !origin.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(format!(
                    "{origin:?} is not an origin: expected an ASCII DNS name"
                ));
            }
        }
        if self.rate == Some(0) {
            return Err("the rate is 0: expected at least 1 request per minute".to_owned());
        }
        if self.required && !self.any && self.allowed.is_empty() {
            return Err("an origin is required, but none is allowed".to_owned());
        }
        Ok(())
    }

    /// Returns the supported methods, for the header `Allow`.
    pub(super) fn methods(&self) -> HeaderValue {
        HeaderValue::from_static(if self.has_handshake() {
            "POST, OPTIONS"
        } else {
            "POST"
        })
    }

    /// Returns whether a handshake can succeed.
    pub(super) fn has_handshake(&self) -> bool {
        self.any || !self.allowed.is_empty() || self.on_callback.is_some()
    }

    /// Responds to a validation request.
    pub(super) fn respond(&self, parts: &Parts) -> Response<Bytes> {
        let mut response = match self.check_handshake_rate() {
            Ok(()) => self.grant(&parts.headers).unwrap_or_else(Response::from),
            Err(delay) => too_many_requests("too many handshakes", delay),
        };
        response.headers_mut().insert(ALLOW, self.methods());
        response
    }

    fn grant(&self, headers: &HeaderMap) -> Result<Response<Bytes>, Problem> {
        let Some(origin) = single(headers, &REQUEST_ORIGIN)? else {
            // An `OPTIONS` request that is not a handshake.
            return Ok(empty(StatusCode::NO_CONTENT));
        };
        let parse = |text| {
            let expected = "a positive number of requests per minute";
            parse_rate(text).ok_or_else(|| malformed(&REQUEST_RATE, text, expected))
        };
        let requested = single(headers, &REQUEST_RATE)?.map(parse).transpose()?;
        if !self.allows(origin) {
            return self.request_callback(headers, origin, requested);
        }
        let granted = if self.any { "*" } else { origin };
        let rate = match self.rate {
            None => "*".to_owned(),
            Some(max) => max.min(requested.unwrap_or(max)).to_string(),
        };
        let mut response = empty(StatusCode::NO_CONTENT);
        for (name, text) in [(ALLOWED_ORIGIN, granted), (ALLOWED_RATE, &rate)] {
            // Always valid: the values consist of digits, or were received in a header.
            if let Ok(value) = HeaderValue::from_str(text) {
                response.headers_mut().insert(name, value);
            }
        }
        Ok(response)
    }

    /// Passes the callback URL of a permission request to the function of the program.
    fn request_callback(
        &self,
        headers: &HeaderMap,
        origin: &str,
        rate: Option<u32>,
    ) -> Result<Response<Bytes>, Problem> {
        let callback = single(headers, &REQUEST_CALLBACK)?;
        if let (Some(on_callback), Some(callback)) = (&self.on_callback, callback) {
            on_callback(CallbackRequest {
                origin: origin.to_owned(),
                callback: callback.to_owned(),
                rate,
            });
            return Ok(empty(StatusCode::ACCEPTED));
        }
        Err(not_allowed())
    }

    /// Checks the origin and the rate of a delivery; the error is the response.
    pub(super) fn check_delivery(&self, parts: &Parts) -> Result<(), Box<Response<Bytes>>> {
        let origin = single(&parts.headers, &REQUEST_ORIGIN).map_err(Response::from)?;
        let allowed = origin.filter(|origin| self.allows(origin));
        if self.required && allowed.is_none() {
            return Err(Box::new(not_allowed().into()));
        }
        let Some(rate) = self.rate else {
            return Ok(());
        };
        // Origins that are not listed share one bucket, so that senders cannot fill the map.
        let origin = allowed.filter(|_| !self.any).unwrap_or_default();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(origin.to_ascii_lowercase());
        let bucket = bucket.or_insert(TokenBucket::new(rate));
        let acquired = bucket.try_acquire(Instant::now());
        acquired.map_err(|delay| too_many_requests("the sender exceeds its rate", delay).into())
    }

    /// Checks the rate of validation requests; the error is the delay until the next one. They need
    /// no token, so they do not share the rate of deliveries.
    fn check_handshake_rate(&self) -> Result<(), Duration> {
        let rate = self.rate.unwrap_or(DEFAULT_HANDSHAKE_RATE);
        let mut bucket = self
            .handshakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let bucket = bucket.get_or_insert_with(|| TokenBucket::new(rate));
        bucket.try_acquire(Instant::now())
    }

    fn allows(&self, origin: &str) -> bool {
        // DNS names are case-insensitive.
        let mut allowed = self.allowed.iter();
        self.any || allowed.any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }
}

fn not_allowed() -> Problem {
    let detail = "the `WebHook-Request-Origin` is missing or not allowed";
    Problem::new(StatusCode::FORBIDDEN, "Origin not allowed", detail)
}

/// Returns the value of a header that occurs at most once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let lossy = || String::from_utf8_lossy(value.as_bytes());
    if values.next().is_some() {
        return Err(malformed(name, &lossy(), "one header of this name"));
    }
    let text = value.to_str().ok().filter(|text| !text.is_empty());
    text.map(Some)
        .ok_or_else(|| malformed(name, &lossy(), "printable ASCII"))
}

fn malformed(name: &HeaderName, value: &str, expected: &str) -> Problem {
    let detail = format!("header `{name}` is {value:?}, expected {expected}");
    let title = "Malformed validation request";
    Problem::new(StatusCode::BAD_REQUEST, title, detail)
}

impl fmt::Debug for OriginPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OriginPolicy")
            .field("allowed", &self.allowed)
            .field("any", &self.any)
            .field("required", &self.required)
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}
