//! The sending side.

mod answer;
mod builder;
mod handshake;
mod pace;
mod target;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep, timeout};

use self::answer::{Refused, Then, check};
use self::handshake::Handshake;
use self::pace::Pace;
use self::target::Target;
use super::HttpClient;
use eventkit::EncodeError;
use eventkit::ToEvent;
use eventkit::binding::http::{self as binding, Message};
use eventkit::event::Event;
use eventkit::format::{Format, Json};
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{
    BoxFuture, Published, Publisher, PublisherExt, RawMessage, TransportError, TransportErrorKind,
    backoff,
};

pub use self::builder::SenderBuilder;

/// Headers of a message that say something of the connection it came over.
const OF_CONNECTION: [&str; 9] = [
    "authorization",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Sends events to one address over HTTP; a clone shares its connections and its pace.
///
/// An event is published when the target has answered with 2xx: it is stored or handled there. The
/// [module](super) says what is tried again.
///
/// ```no_run
/// use eventkit_webhook::Sender;
/// use eventkit::transport::Publisher;
/// use eventkit::Event;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let sender = Sender::to("https://example.com/events")
///     .token(std::env::var("WEBHOOK_TOKEN")?)
///     .origin("events.shop.example")
///     .handshake()
///     .build()?;
///
/// let event = Event::builder().source("/shop").ty("co.outcome.order.placed").build()?;
/// sender.publish(&event).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Sender {
    shared: Arc<Shared>,
}

struct Shared {
    target: Target,
    client: Arc<dyn HttpClient>,
    /// What is on every request.
    headers: HeaderMap,
    format: Option<Arc<dyn Format>>,
    handshake: Option<Handshake>,
    permission: OnceCell<()>,
    pace: Pace,
    gone: AtomicBool,
    retry: Retry,
}

/// How long and how often is tried.
#[derive(Debug, Clone, Copy)]
struct Retry {
    attempts: u32,
    deadline: Duration,
    timeout: Duration,
    first_delay: Duration,
    max_delay: Duration,
}

impl Sender {
    /// Publishes an event or a typed value, and returns once it is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the receiver did not accept it.
    pub async fn publish<E: ToEvent + ?Sized>(
        &self,
        event: &E,
    ) -> Result<Published, TransportError> {
        PublisherExt::publish(self, event).await
    }

    /// Starts a sender to an address.
    pub fn to(url: impl Into<String>) -> SenderBuilder {
        SenderBuilder::new(url.into())
    }

    /// Publishes events in one request, in batched mode: in the format that
    /// [`structured`](SenderBuilder::structured) has set, or else in JSON.
    ///
    /// The target has taken all of them, or it is asked again with all of them.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Publisher::publish).
    pub async fn publish_batch(&self, events: &[Event]) -> Result<Published, TransportError> {
        let format = self.shared.format.as_deref().unwrap_or(&Json);
        let what = format!("send a batch of {} events", events.len());
        let message = binding::encode_batch(events, format);
        self.send(&what, &encoded(&what, message)?).await
    }

    async fn send_event(&self, event: &Event) -> Result<Published, TransportError> {
        let what = format!("send {event}");
        let message = match &self.shared.format {
            Some(format) => binding::encode_structured(event, &**format),
            // A notification has a payload and says what it is (2.1), which in binary mode an event
            // without data, or with data of no type, does not.
            None => binding::encode_binary(event).and_then(|message| {
                if message.headers.contains_key(CONTENT_TYPE) {
                    Ok(message)
                } else {
                    binding::encode_structured(event, &Json)
                }
            }),
        };
        self.send(&what, &encoded(&what, message)?).await
    }

    /// Sends a message until it is taken, or refused, or it has been tried long enough.
    async fn send(&self, what: &str, message: &Message) -> Result<Published, TransportError> {
        let shared = &*self.shared;
        let what = format!("{what} to {}", shared.target);
        let retry = shared.retry;
        let deadline = Instant::now() + retry.deadline.min(FAR_FUTURE);
        let mut attempt = 1;
        loop {
            let Err(refused) = shared.attempt(message, deadline).await else {
                return Ok(Published::default());
            };
            let asked = match refused.then {
                Then::Stop => return Err(refused.into_error(&what, "")),
                Then::Gone => {
                    shared.gone.store(true, Ordering::Relaxed);
                    return Err(refused.into_error(&what, ""));
                }
                Then::Retry(asked) => asked.unwrap_or_default(),
                Then::Hush(asked) => {
                    shared.pace.hold(asked);
                    asked
                }
            };
            let own = backoff::delay(retry.first_delay, retry.max_delay, attempt);
            let wait = asked.max(own);
            let left = deadline.saturating_duration_since(Instant::now());
            if attempt >= retry.attempts || wait > left {
                let why = if wait > left {
                    format!("the next would be in {wait:?}, after the deadline")
                } else {
                    "there are no more".to_owned()
                };
                let more = format!("; given up after attempt {attempt}: {why}");
                return Err(refused.into_error(&what, &more));
            }
            tracing::debug!(what, why = %refused, attempt, ?wait, "sent again");
            sleep(wait).await;
            attempt += 1;
        }
    }
}

impl Shared {
    async fn attempt(&self, message: &Message, deadline: Instant) -> Result<(), Refused> {
        if self.gone.load(Ordering::Relaxed) {
            let why = "the target has answered 410 Gone before: it is retired";
            return Err(Refused::new(TransportErrorKind::Rejected, Then::Stop, why));
        }
        if let Some(handshake) = &self.handshake {
            let ask = || handshake.ask(self, deadline);
            self.permission.get_or_try_init(ask).await?;
        }
        let headers = message.headers.clone();
        let body = message.body.clone();
        let response = self.request(Method::POST, headers, body, deadline).await?;
        check(&response)
    }

    /// Sends one request when it is its turn.
    async fn request(
        &self,
        method: Method,
        headers: HeaderMap,
        body: Bytes,
        deadline: Instant,
    ) -> Result<Response<Bytes>, Refused> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.target.uri().clone();
        *request.headers_mut() = headers;
        for (name, value) in &self.headers {
            request.headers_mut().insert(name, value.clone());
        }
        self.pace.turn(deadline).await.map_err(|wait| {
            let why = "the target takes no more at present";
            let then = Then::Retry(Some(wait));
            Refused::new(TransportErrorKind::Unavailable, then, why)
        })?;
        let left = deadline.saturating_duration_since(Instant::now());
        let within = self.retry.timeout.min(left);
        let answered = timeout(within, self.client.send(request)).await;
        let answered = answered.unwrap_or_else(|_| {
            let what = format!("none came within {within:?}");
            Err(TransportError::new(TransportErrorKind::Unavailable, what))
        });
        answered.map_err(Refused::unanswered)
    }
}

fn encoded(what: &str, message: Result<Message, EncodeError>) -> Result<Message, TransportError> {
    message.map_err(|error| {
        let what = format!("{what}: it cannot be encoded");
        TransportError::new(TransportErrorKind::Rejected, what).with_source(error)
    })
}

/// Returns the headers of a message as it came, but for those of the connection it came over.
fn raw_headers(message: &RawMessage) -> Result<HeaderMap, http::Error> {
    let mut headers = HeaderMap::new();
    for (name, value) in &message.headers {
        let name = HeaderName::try_from(name)?;
        let is_asked = name.as_str().starts_with("webhook-");
        if !is_asked && !OF_CONNECTION.contains(&name.as_str()) {
            headers.try_append(name, HeaderValue::try_from(value)?)?;
        }
    }
    Ok(headers)
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("target", &self.shared.target)
            .finish_non_exhaustive()
    }
}

impl Publisher for Sender {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(self.send_event(event))
    }

    /// Sends a message as it came; the address is the only place there is, and the type is left out.
    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            let what = format!("send a message for `{ty}`");
            let headers = raw_headers(message).map_err(|error| {
                let what = format!("{what}: it has a header that HTTP cannot carry");
                TransportError::new(TransportErrorKind::Rejected, what).with_source(error)
            })?;
            let body = message.body.clone();
            self.send(&what, &Message { headers, body }).await
        })
    }
}
