//! Asking whether events may be sent (Web Hooks for Event Delivery, 4).

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response};
use tokio::time::Instant;

use super::super::header::{ALLOWED_ORIGIN, ALLOWED_RATE, REQUEST_RATE, parse_rate};
use super::Shared;
use super::answer::{Refused, Then, check};
use eventkit::transport::TransportErrorKind;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Handshake {
    pub(super) origin: String,
    pub(super) rate: Option<u32>,
}

impl Handshake {
    /// Asks, and keeps to the rate that is granted.
    pub(super) async fn ask(&self, sender: &Shared, deadline: Instant) -> Result<(), Refused> {
        let mut headers = HeaderMap::new();
        if let Some(rate) = self.rate {
            headers.insert(REQUEST_RATE, HeaderValue::from(rate));
        }
        let body = Bytes::new();
        let response = sender.request(Method::OPTIONS, headers, body, deadline);
        let rate = self.granted(&response.await?)?;
        if let Some(rate) = rate {
            sender.pace.set_rate(rate);
        }
        Ok(())
    }

    /// Returns the rate that is granted, if there is a limit: it is the headers that count, whatever
    /// the status is (4.2).
    fn granted(&self, response: &Response<Bytes>) -> Result<Option<u32>, Refused> {
        let headers = response.headers();
        let Some(origin) = headers.get(ALLOWED_ORIGIN) else {
            // A target that is not well may allow it later.
            let ill = check(response).err().filter(Refused::is_for_now);
            return Err(ill.unwrap_or_else(|| {
                let status = response.status();
                self.refused(&format!("{status} without `WebHook-Allowed-Origin`"))
            }));
        };
        if origin != self.origin.as_str() && origin != "*" {
            return Err(self.refused(&format!("it allows {origin:?}")));
        }
        match headers.get(ALLOWED_RATE) {
            // It should be there; without it, what was asked for is not too much.
            None => Ok(self.rate),
            Some(value) if value == "*" => Ok(None),
            Some(value) => {
                let rate = value.to_str().ok().and_then(parse_rate);
                rate.map(Some).ok_or_else(|| {
                    let found = format!("`WebHook-Allowed-Rate` is {value:?}");
                    self.refused(&format!("{found}, neither a number nor `*`"))
                })
            }
        }
    }

    fn refused(&self, found: &str) -> Refused {
        let why = format!("the target has to allow {:?}: {found}", self.origin);
        Refused::new(TransportErrorKind::Configuration, Then::Stop, why)
    }
}
