//! The handshake that requests permission to send (Web Hooks for Event Delivery, 4).

use bytes::Bytes;
use eventkit::transport::TransportErrorKind;
use http::{HeaderMap, HeaderValue, Method, Response};
use tokio::time::Instant;

use super::requests::Requests;
use super::response::{FailedAttempt, NextStep, check};
use crate::headers::{ALLOWED_ORIGIN, ALLOWED_RATE, REQUEST_RATE, parse_rate};

/// The permission that a sender requests.
#[derive(Debug)]
pub(super) struct Handshake {
    pub(super) origin: String,
    pub(super) rate: Option<u32>,
}

impl Handshake {
    /// Requests permission, and applies the granted rate.
    pub(super) async fn request_permission(
        &self,
        requests: &Requests,
        deadline: Instant,
    ) -> Result<(), FailedAttempt> {
        let mut headers = HeaderMap::new();
        if let Some(rate) = self.rate {
            headers.insert(REQUEST_RATE, HeaderValue::from(rate));
        }
        let body = Bytes::new();
        let response = requests.send(Method::OPTIONS, headers, body, deadline);
        let rate = self.granted(&response.await?)?;
        if let Some(rate) = rate {
            requests.limiter.set_rate(rate);
        }
        Ok(())
    }

    /// Returns the granted rate, if it is limited. Only the headers matter, not the status (4.2).
    fn granted(&self, response: &Response<Bytes>) -> Result<Option<u32>, FailedAttempt> {
        let headers = response.headers();
        let Some(origin) = headers.get(ALLOWED_ORIGIN) else {
            // A target that is currently unavailable may grant it later.
            let unavailable = check(response).err().filter(FailedAttempt::is_retriable);
            return Err(unavailable.unwrap_or_else(|| {
                let status = response.status();
                self.refused(&format!("{status} without `WebHook-Allowed-Origin`"))
            }));
        };
        let is_own = origin
            .as_bytes()
            .eq_ignore_ascii_case(self.origin.as_bytes());
        if !is_own && origin != "*" {
            return Err(self.refused(&format!("it allows {origin:?}")));
        }
        match headers.get(ALLOWED_RATE) {
            // The header is required; without it, the requested rate counts as granted.
            None => Ok(self.rate),
            Some(value) if value == "*" => Ok(None),
            Some(value) => {
                let rate = value.to_str().ok().and_then(parse_rate);
                rate.map(Some).ok_or_else(|| {
                    let found = format!("`WebHook-Allowed-Rate` is {value:?}");
                    self.refused(&format!("{found}, expected a number or `*`"))
                })
            }
        }
    }

    fn refused(&self, found: &str) -> FailedAttempt {
        let reason = format!("the target does not allow {:?}: {found}", self.origin);
        FailedAttempt::new(NextStep::Stop(TransportErrorKind::Configuration), reason)
    }
}
