//! The handshake, by which a sender asks whether it may send (Web Hooks for Event Delivery, 4).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use tokio::time::Instant;

use super::super::header::{
    ALLOWED_ORIGIN, ALLOWED_RATE, REQUEST_CALLBACK, REQUEST_ORIGIN, REQUEST_RATE, parse_rate,
};
use super::rate::Meter;
use eventkit::binding::http::Problem;

/// Is what a sender asks for that is not on the list of those that are allowed.
///
/// To grant it, a person or a program calls the address; the endpoint never does. The address comes
/// from whoever can reach the endpoint: a program that calls it has to make sure that it leads to
/// the sender it knows, and not into a network of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackRequest {
    /// Who wants to send, as it says itself.
    pub origin: String,
    /// The address by which to allow it.
    pub callback: String,
    /// How many requests per minute it wants to make.
    pub rate: Option<u32>,
}

type OnCallback = Box<dyn Fn(CallbackRequest) + Send + Sync>;

/// Who may send, and how much.
#[derive(Default)]
pub(super) struct Origins {
    pub(super) allowed: Vec<String>,
    pub(super) any: bool,
    /// Whether each delivery has to name an origin that is allowed.
    pub(super) required: bool,
    pub(super) rate: Option<u32>,
    pub(super) on_callback: Option<OnCallback>,
    meters: Mutex<HashMap<String, Meter>>,
}

impl Origins {
    /// Says what is wrong with the set-up, if anything is.
    pub(super) fn check(&self) -> Result<(), String> {
        for origin in &self.allowed {
            if origin == "*" {
                return Err("`*` is no origin: `allow_any_origin` allows all".to_owned());
            }
            if origin.is_empty() || !origin.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(format!(
                    "{origin:?} is no origin: it is a DNS name, in ASCII"
                ));
            }
        }
        if self.rate == Some(0) {
            return Err("a rate is at least one request per minute".to_owned());
        }
        if self.required && !self.any && self.allowed.is_empty() {
            return Err("no origin is allowed, and one is required of each delivery".to_owned());
        }
        Ok(())
    }

    /// Returns the methods that an endpoint answers, for its header `Allow`.
    pub(super) fn methods(&self) -> HeaderValue {
        HeaderValue::from_static(if self.has_handshake() {
            "POST, OPTIONS"
        } else {
            "POST"
        })
    }

    /// Returns whether anybody could be allowed by a handshake.
    pub(super) fn has_handshake(&self) -> bool {
        self.any || !self.allowed.is_empty() || self.on_callback.is_some()
    }

    /// Answers a validation request.
    pub(super) fn answer(&self, parts: &Parts) -> Response<Bytes> {
        let mut response = match self.grant(&parts.headers) {
            Ok(response) => response,
            Err(problem) => Response::from(problem),
        };
        response.headers_mut().insert(ALLOW, self.methods());
        response
    }

    fn grant(&self, headers: &HeaderMap) -> Result<Response<Bytes>, Problem> {
        let Some(origin) = single(headers, &REQUEST_ORIGIN)? else {
            // It only asks which methods there are.
            return Ok(empty(StatusCode::NO_CONTENT));
        };
        let wanted = match single(headers, &REQUEST_RATE)? {
            Some(text) => Some(parse_rate(text).ok_or_else(|| {
                malformed(
                    &REQUEST_RATE,
                    text,
                    "a positive number of requests per minute",
                )
            })?),
            None => None,
        };
        if !self.allows(origin) {
            return self.ask_back(headers, origin, wanted);
        }
        let granted = if self.any { "*" } else { origin };
        let rate = match (self.rate, wanted) {
            (None, _) => "*".to_owned(),
            (Some(most), wanted) => most.min(wanted.unwrap_or(most)).to_string(),
        };
        let mut response = empty(StatusCode::NO_CONTENT);
        for (name, text) in [(ALLOWED_ORIGIN, granted), (ALLOWED_RATE, &rate)] {
            // Both are of what came in a header, or of digits.
            if let Ok(value) = HeaderValue::from_str(text) {
                response.headers_mut().insert(name, value);
            }
        }
        Ok(response)
    }

    /// Hands the address to call back to who has asked for it; nothing is granted now.
    fn ask_back(
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

    /// Lets a delivery through, where it may come from whom it comes and is not one too many.
    pub(super) fn pass(&self, parts: &Parts, now: Instant) -> Result<(), Refusal> {
        let origin = single(&parts.headers, &REQUEST_ORIGIN).map_err(Refusal::Wrong)?;
        let known = origin.filter(|origin| self.allows(origin));
        if self.required && known.is_none() {
            return Err(Refusal::Wrong(not_allowed()));
        }
        let Some(rate) = self.rate else {
            return Ok(());
        };
        // Names are only kept of those on the list, so that the table does not grow.
        let of = known.filter(|_| !self.any).unwrap_or_default();
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        let meter = match meters.get_mut(of) {
            Some(meter) => meter,
            None => meters.entry(of.to_owned()).or_insert(Meter::new(rate)),
        };
        meter.pass(now).map_err(Refusal::TooMany)
    }

    fn allows(&self, origin: &str) -> bool {
        self.any || self.allowed.iter().any(|own| own == origin)
    }
}

/// Why a delivery is not taken.
#[derive(Debug)]
pub(super) enum Refusal {
    Wrong(Problem),
    /// How long to wait.
    TooMany(Duration),
}

fn not_allowed() -> Problem {
    let detail = "this endpoint does not take events from that `WebHook-Request-Origin`";
    Problem::new(StatusCode::FORBIDDEN, "Origin not allowed", detail)
}

/// Returns the value of a header that may be there once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let lossy = || String::from_utf8_lossy(value.as_bytes());
    if values.next().is_some() {
        return Err(malformed(name, &lossy(), "one header of that name"));
    }
    let text = value.to_str().ok().filter(|text| !text.is_empty());
    text.map(Some)
        .ok_or_else(|| malformed(name, &lossy(), "printable ASCII"))
}

fn malformed(name: &HeaderName, value: &str, expected: &str) -> Problem {
    let detail = format!("header `{name}` is {value:?}, expected {expected}");
    Problem::new(
        StatusCode::BAD_REQUEST,
        "Malformed validation request",
        detail,
    )
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origins")
            .field("allowed", &self.allowed)
            .field("any", &self.any)
            .field("required", &self.required)
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}
