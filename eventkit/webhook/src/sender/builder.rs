//! The builder for a sender.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use eventkit::event::Limits;
use eventkit::format::Format;
use eventkit::transport::TransportError;
use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::OnceCell;

use super::handshake::Handshake;
use super::publish::{Retry, Sender, Shared};
use super::requests::Requests;
use super::target::Target;
use crate::client::{HttpClient, Reqwest};
use crate::headers::REQUEST_ORIGIN;
use crate::rate::RateLimiter;

impl Sender {
    /// Creates a builder for a sender that publishes to a URL.
    pub fn to(url: impl Into<String>) -> SenderBuilder {
        SenderBuilder {
            url: url.into(),
            client: Client::Reqwest(Box::default()),
            format: None,
            token: None,
            headers: Vec::new(),
            origin: None,
            handshake: false,
            rate: None,
            allow_http: false,
            timeout: Duration::from_mins(1),
            limits: Limits::DEFAULT,
            retry: Retry {
                attempts: 5,
                total_timeout: Duration::from_mins(5),
                initial_delay: Duration::from_millis(500),
                max_delay: Duration::from_secs(30),
            },
        }
    }
}

/// A builder for a [`Sender`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct SenderBuilder {
    url: String,
    client: Client,
    format: Option<Arc<dyn Format>>,
    token: Option<String>,
    headers: Vec<(String, String)>,
    origin: Option<String>,
    handshake: bool,
    rate: Option<u32>,
    allow_http: bool,
    timeout: Duration,
    limits: Limits,
    retry: Retry,
}

enum Client {
    Reqwest(Box<reqwest::ClientBuilder>),
    Custom(Arc<dyn HttpClient>),
}

impl SenderBuilder {
    /// Sends events in structured mode, in this format, instead of binary mode.
    ///
    /// An event without data, or with data without a content type, is always sent in structured
    /// mode, because the webhook specification requires a body and its content type (2.1).
    pub fn structured(mut self, format: impl Format) -> Self {
        self.format = Some(Arc::new(format));
        self
    }

    /// Sets the access token, which is sent in the `Authorization` header with the scheme `Bearer`
    /// (3.1).
    ///
    /// If a target requires the token in the URL, add it there as `?access_token=..` (3.2). This
    /// crate never prints it, but proxies and servers log URLs.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Adds a header to every request.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the `WebHook-Request-Origin` of every request: the DNS name of the sending system.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Requests permission from the target before the first event (4); no event is sent without it.
    /// This requires an [`origin`](SenderBuilder::origin).
    ///
    /// The target must allow exactly this origin, or `*`. Requests above the granted rate are
    /// delayed. A permission is valid for the lifetime of the sender.
    pub fn handshake(mut self) -> Self {
        self.handshake = true;
        self
    }

    /// Sets the limits for events, which should be those of the target; [`Limits::DEFAULT`] by
    /// default. An event that exceeds a limit is not sent.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the rate per minute that the [`handshake`](SenderBuilder::handshake) requests.
    pub fn rate(mut self, per_minute: u32) -> Self {
        self.rate = Some(per_minute);
        self
    }

    /// Allows a URL without TLS on another machine, contrary to the webhook specification (2.1):
    /// the network can then read events and tokens.
    pub fn allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Sets the time limit of one attempt, including the time that the handlers of the target take;
    /// 60 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the maximum number of attempts per event; 5 by default.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.retry.attempts = attempts.max(1);
        self
    }

    /// Sets the time limit of all attempts of an event, including the delays between them; 5
    /// minutes by default.
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.retry.total_timeout = timeout;
        self
    }

    /// Sets the delay after the first attempt, which doubles with each attempt, and its maximum;
    /// half a second and 30 seconds by default.
    ///
    /// Jitter shortens each delay by up to half. A longer `Retry-After` takes precedence.
    pub fn backoff(mut self, initial: Duration, max: Duration) -> Self {
        self.retry.initial_delay = initial;
        self.retry.max_delay = max;
        self
    }

    /// Sets the builder for the reqwest client, for instance for proxies and certificates. Redirects
    /// are never followed.
    pub fn reqwest(mut self, builder: reqwest::ClientBuilder) -> Self {
        self.client = Client::Reqwest(Box::new(builder));
        self
    }

    /// Sets a client other than reqwest.
    pub fn client(mut self, client: impl HttpClient + 'static) -> Self {
        self.client = Client::Custom(Arc::new(client));
        self
    }

    /// Builds the sender, without sending anything.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL, the token, the origin, the rate or a header is invalid, if the
    /// handshake has no origin, or if the reqwest client cannot be created.
    pub fn build(self) -> Result<Sender, TransportError> {
        let target = Target::parse(&self.url, self.allow_http).map_err(|reason| {
            TransportError::configuration(format!(
                "the URL of the webhook sender is invalid: {reason}"
            ))
        })?;
        let headers = self.all_headers(&target)?;
        let handshake = match (self.handshake, self.origin) {
            (false, _) => None,
            (true, Some(origin)) => Some(Handshake {
                origin,
                rate: self.rate,
            }),
            (true, None) => {
                return Err(TransportError::configuration(
                    "a handshake requires an origin: `SenderBuilder::origin`",
                ));
            }
        };
        if self.rate == Some(0) {
            return Err(TransportError::configuration(
                "the rate is 0: expected at least 1 request per minute",
            ));
        }
        let client: Arc<dyn HttpClient> = match self.client {
            Client::Custom(client) => client,
            Client::Reqwest(builder) => Arc::new(Reqwest::new(*builder)?),
        };
        let shared = Shared {
            requests: Requests {
                target,
                client,
                headers,
                limiter: RateLimiter::default(),
                timeout: self.timeout,
            },
            format: self.format,
            handshake,
            permission: OnceCell::new(),
            retired: AtomicBool::new(false),
            limits: self.limits,
            retry: self.retry,
        };
        Ok(Sender {
            shared: Arc::new(shared),
        })
    }

    /// Returns the headers that every request has.
    fn all_headers(&self, target: &Target) -> Result<HeaderMap, TransportError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name).map_err(|_| {
                TransportError::configuration(format!("{name:?} is not a valid header name"))
            })?;
            let value = HeaderValue::try_from(value).map_err(|_| {
                TransportError::configuration(format!(
                    "the value of the header `{name}` is invalid"
                ))
            })?;
            headers.insert(name, value);
        }
        if let Some(origin) = &self.origin {
            let value = HeaderValue::try_from(origin).ok();
            let value = value.filter(|_| !origin.is_empty() && origin != "*");
            let value = value.ok_or_else(|| {
                TransportError::configuration(format!(
                    "{origin:?} is not an origin: expected an ASCII DNS name"
                ))
            })?;
            headers.insert(REQUEST_ORIGIN, value);
        }
        if let Some(token) = &self.token {
            let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
                TransportError::configuration(
                    "the access token is invalid: expected printable ASCII",
                )
            })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        if target.has_token {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        Ok(headers)
    }
}

impl fmt::Debug for SenderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SenderBuilder")
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
