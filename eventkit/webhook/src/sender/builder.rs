//! How a sender is set up.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::OnceCell;

use super::super::HttpClient;
use super::super::client::Reqwest;
use super::super::header::REQUEST_ORIGIN;
use super::handshake::Handshake;
use super::pace::Pace;
use super::target::Target;
use super::{Retry, Sender, Shared};
use eventkit::format::Format;
use eventkit::transport::{TransportError, TransportErrorKind};

/// Sets up a [`Sender`].
#[must_use = "a builder makes nothing until `build` is called"]
pub struct SenderBuilder {
    url: String,
    client: Client,
    format: Option<Arc<dyn Format>>,
    token: Option<String>,
    headers: Vec<(String, String)>,
    origin: Option<String>,
    handshake: bool,
    rate: Option<u32>,
    plain: bool,
    retry: Retry,
}

enum Client {
    Default,
    Reqwest(Box<reqwest::ClientBuilder>),
    Own(Arc<dyn HttpClient>),
}

impl SenderBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            client: Client::Default,
            format: None,
            token: None,
            headers: Vec::new(),
            origin: None,
            handshake: false,
            rate: None,
            plain: false,
            retry: Retry {
                attempts: 5,
                deadline: Duration::from_mins(5),
                timeout: Duration::from_mins(1),
                first_delay: Duration::from_millis(500),
                max_delay: Duration::from_secs(30),
            },
        }
    }

    /// Sends in structured mode, in this format; without it, in binary mode.
    ///
    /// An event without data, or with data of no content type, goes as structured JSON in any case:
    /// the specification of webhooks wants a body and its type in every request (2.1).
    pub fn structured(mut self, format: impl Format) -> Self {
        self.format = Some(Arc::new(format));
        self
    }

    /// Sends this access token, in the header `Authorization` with the scheme `Bearer` (3.1).
    ///
    /// A target that only takes it in its address has it there, as `?access_token=..` (3.2): what
    /// this crate prints leaves it out, but proxies and servers write addresses to their logs.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Adds a header to every request.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Names the system that sends, by a DNS name, in the `WebHook-Request-Origin` of every request.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Asks the target for permission before the first event is sent (4), and sends nothing without
    /// it; it needs an [`origin`](SenderBuilder::origin).
    ///
    /// The target has to allow exactly that origin, or `*`. The rate that it allows is kept to: what
    /// is too much waits. It is asked once for the life of the sender.
    pub fn handshake(mut self) -> Self {
        self.handshake = true;
        self
    }

    /// Asks in the [`handshake`](SenderBuilder::handshake) for this many requests per minute.
    pub fn rate(mut self, per_minute: u32) -> Self {
        self.rate = Some(per_minute);
        self
    }

    /// Allows an address without TLS that is not on this machine, against the specification of
    /// webhooks (2.1): everybody on the way can read events and tokens.
    pub fn plain_http(mut self) -> Self {
        self.plain = true;
        self
    }

    /// Sets how long one attempt may take, until the handlers of the target are done; 60 seconds if
    /// not set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.retry.timeout = timeout;
        self
    }

    /// Sets how often an event is tried; 5 times if not set.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.retry.attempts = attempts.max(1);
        self
    }

    /// Sets how long an event is tried, all attempts and waits together; 5 minutes if not set.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.retry.deadline = deadline;
        self
    }

    /// Sets the wait after the first attempt, which doubles with each, and the longest one; half a
    /// second and 30 seconds if not set.
    ///
    /// By chance each is up to half shorter. A `Retry-After` that is longer goes before.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.retry.first_delay = first;
        self.retry.max_delay = longest;
        self
    }

    /// Sets how reqwest is set up: proxies, certificates, time to connect. Redirects are never
    /// followed.
    pub fn reqwest(mut self, builder: reqwest::ClientBuilder) -> Self {
        self.client = Client::Reqwest(Box::new(builder));
        self
    }

    /// Sends with something else than reqwest.
    pub fn client(mut self, client: impl HttpClient + 'static) -> Self {
        self.client = Client::Own(Arc::new(client));
        self
    }

    /// Makes the sender; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Where the address, the token, the origin or a header is not what it has to be, where there is
    /// a handshake and no origin, and where reqwest cannot be set up.
    pub fn build(self) -> Result<Sender, TransportError> {
        let target = Target::parse(&self.url, self.plain)
            .map_err(|what| wrong(&format!("the address of a webhook sender: {what}")))?;
        let headers = self.all_headers(&target)?;
        let handshake = match (self.handshake, self.origin) {
            (false, _) => None,
            (true, Some(origin)) => Some(Handshake {
                origin,
                rate: self.rate,
            }),
            (true, None) => {
                return Err(wrong(
                    "a handshake needs an origin: `SenderBuilder::origin`",
                ));
            }
        };
        if self.rate == Some(0) {
            return Err(wrong("a rate is at least one request per minute"));
        }
        let client: Arc<dyn HttpClient> = match self.client {
            Client::Own(client) => client,
            Client::Reqwest(builder) => Arc::new(Reqwest::new(*builder)?),
            Client::Default => Arc::new(Reqwest::new(reqwest::Client::builder())?),
        };
        let shared = Shared {
            target,
            client,
            headers,
            format: self.format,
            handshake,
            permission: OnceCell::new(),
            pace: Pace::default(),
            gone: AtomicBool::new(false),
            retry: self.retry,
        };
        Ok(Sender {
            shared: Arc::new(shared),
        })
    }

    /// Returns what is on every request.
    fn all_headers(&self, target: &Target) -> Result<HeaderMap, TransportError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name)
                .map_err(|_| wrong(&format!("{name:?} is no name of a header")))?;
            let value = HeaderValue::try_from(value)
                .map_err(|_| wrong(&format!("the header `{name}` cannot have that value")))?;
            headers.insert(name, value);
        }
        if let Some(origin) = &self.origin {
            let value = HeaderValue::try_from(origin).ok();
            let value = value.filter(|_| !origin.is_empty() && origin != "*");
            let what = || {
                wrong(&format!(
                    "{origin:?} is no origin: it is a DNS name, in ASCII"
                ))
            };
            headers.insert(REQUEST_ORIGIN, value.ok_or_else(what)?);
        }
        if let Some(token) = &self.token {
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| wrong("a token is of printable ASCII"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        if target.has_token() {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        Ok(headers)
    }
}

fn wrong(what: &str) -> TransportError {
    TransportError::new(TransportErrorKind::Configuration, what)
}

impl fmt::Debug for SenderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SenderBuilder")
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
