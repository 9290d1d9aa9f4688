//! The sender, and publishing with retries.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventkit::ToEvent;
use eventkit::binding::http::{self as binding, Message};
use eventkit::event::{Event, LimitExceeded, Limits};
use eventkit::format::{Format, Json};
use eventkit::transport::backoff::{self, FAR_FUTURE};
use eventkit::transport::{
    BoxFuture, Destination, Published, Publisher, PublisherExt, RawMessage, TransportError,
    TransportErrorKind, telemetry, with_current_trace_all,
};
use eventkit::{BoxError, EncodeError};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

use super::handshake::Handshake;
use super::requests::Requests;
use super::response::{FailedAttempt, NextStep, check};

/// Headers that belong to the connection over which a message was received.
const CONNECTION_HEADERS: [&str; 9] = [
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

/// A sender that publishes events to one URL over HTTP; clones share the connections and the rate
/// limit.
///
/// An event is published once the target has responded with 2xx. The front page of the crate lists
/// [which responses are retried](crate#retries-of-a-sender).
///
/// ```no_run
/// use eventkit::Event;
/// use eventkit_webhook::Sender;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let sender = Sender::to("https://example.com/events")
///     .token(std::env::var("WEBHOOK_TOKEN")?)
///     .origin("shop.example.com")
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
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) requests: Requests,
    pub(super) format: Option<Arc<dyn Format>>,
    pub(super) handshake: Option<Handshake>,
    pub(super) permission: OnceCell<()>,
    pub(super) retired: AtomicBool,
    pub(super) limits: Limits,
    pub(super) retry: Retry,
}

/// The limits on retries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    pub(super) attempts: u32,
    pub(super) total_timeout: Duration,
    pub(super) initial_delay: Duration,
    pub(super) max_delay: Duration,
}

impl Sender {
    /// Publishes an event or a typed value, and returns once the target has responded with 2xx.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the target did not accept it.
    pub async fn publish<E: ToEvent + ?Sized>(
        &self,
        event: &E,
    ) -> Result<Published, TransportError> {
        PublisherExt::publish(self, event).await
    }

    /// Publishes events in one request in batched mode, in the format set with
    /// [`structured`](crate::SenderBuilder::structured), or in JSON by default.
    ///
    /// The target accepts either all events or none; in the latter case all of them are sent again.
    ///
    /// # Errors
    ///
    /// Returns an error if an event cannot be encoded, or if the target did not accept the batch.
    pub async fn publish_batch(&self, events: &[Event]) -> Result<Published, TransportError> {
        let format = self.shared.format.as_deref().unwrap_or(&Json);
        let operation = || format!("send a batch of {} events", events.len());
        let events = with_current_trace_all(events);
        let message = binding::encode_batch(&events, format);
        let checked = self.shared.limits.check_batch(&events);
        let message = self.within_limits(operation, checked, message)?;
        self.send(operation, &message).await
    }

    fn to_destination(&self) -> Destination<'_> {
        Destination::new("webhook", self.shared.requests.target.as_str())
    }

    async fn send_event(&self, event: &Event) -> Result<Published, TransportError> {
        let operation = || format!("send {event}");
        let message = match &self.shared.format {
            Some(format) => binding::encode_structured(event, &**format),
            // A notification must have a body and its content type (2.1). An event without data, or
            // with data without a content type, lacks one of them in binary mode.
            None => binding::encode_binary(event).and_then(|message| {
                if message.headers.contains_key(CONTENT_TYPE) {
                    Ok(message)
                } else {
                    binding::encode_structured(event, &Json)
                }
            }),
        };
        let checked = self.shared.limits.check_event(event);
        let message = self.within_limits(operation, checked, message)?;
        self.send(operation, &message).await
    }

    /// Returns the encoded message, or an error if a target with the same limits would refuse it.
    fn within_limits(
        &self,
        operation: impl Fn() -> String,
        checked: Result<(), LimitExceeded>,
        message: Result<Message, EncodeError>,
    ) -> Result<Message, TransportError> {
        let message = message
            .map_err(|error| rejected(&operation(), "the event cannot be encoded", error))?;
        let sizes = message.headers.iter();
        let sizes = sizes.map(|(name, value)| name.as_str().len() + value.len());
        checked
            .and_then(|()| self.shared.limits.check_message(sizes, message.body.len()))
            .map_err(|error| {
                rejected(
                    &operation(),
                    "a target with the same limits would refuse it",
                    error,
                )
            })?;
        Ok(message)
    }

    /// Sends a message until the target accepts or refuses it, or until a limit on retries is
    /// reached.
    ///
    /// `operation` completes the message "failed to ..".
    async fn send(
        &self,
        operation: impl Fn() -> String,
        message: &Message,
    ) -> Result<Published, TransportError> {
        let shared = &*self.shared;
        // Formatted only on failure, since most messages are accepted.
        let operation = || format!("failed to {} to {}", operation(), shared.requests.target);
        let retry = shared.retry;
        let deadline = Instant::now() + retry.total_timeout.min(FAR_FUTURE);
        let mut attempt = 1;
        loop {
            let Err(failed) = shared.attempt(message, deadline).await else {
                return Ok(Published::default());
            };
            let requested = match failed.next_step {
                NextStep::Stop(_) => return Err(failed.into_error(&operation(), "")),
                NextStep::Retire => {
                    shared.retired.store(true, Ordering::Relaxed);
                    return Err(failed.into_error(&operation(), ""));
                }
                NextStep::Retry(requested) => requested.unwrap_or_default(),
                NextStep::Pause(requested) => {
                    shared.requests.limiter.pause_for(requested);
                    requested
                }
            };
            let delay = backoff::delay(retry.initial_delay, retry.max_delay, attempt);
            let delay = requested.max(delay);
            let left = deadline.saturating_duration_since(Instant::now());
            if attempt >= retry.attempts || delay > left {
                let reason = if delay > left {
                    format!("the next attempt would be in {delay:?}, after the deadline")
                } else {
                    "no attempts are left".to_owned()
                };
                let details = format!("; gave up after attempt {attempt}: {reason}");
                return Err(failed.into_error(&operation(), &details));
            }
            tracing::debug!(
                operation = operation(),
                reason = failed.reason,
                attempt,
                ?delay,
                "retrying"
            );
            sleep(delay).await;
            attempt += 1;
        }
    }
}

impl Shared {
    async fn attempt(&self, message: &Message, deadline: Instant) -> Result<(), FailedAttempt> {
        if self.retired.load(Ordering::Relaxed) {
            let reason = "the target is retired: it responded with 410 Gone earlier";
            let next_step = NextStep::Stop(TransportErrorKind::Rejected);
            return Err(FailedAttempt::new(next_step, reason));
        }
        if let Some(handshake) = &self.handshake {
            let request = || handshake.request_permission(&self.requests, deadline);
            self.permission.get_or_try_init(request).await?;
        }
        let headers = message.headers.clone();
        let body = message.body.clone();
        let response = self.requests.send(Method::POST, headers, body, deadline);
        check(&response.await?)
    }
}

fn rejected(operation: &str, reason: &str, source: impl Into<BoxError>) -> TransportError {
    TransportError::rejected(format!("failed to {operation}: {reason}")).with_source(source)
}

/// Returns the headers of a raw message, without those of the connection or of webhooks.
fn raw_headers(message: &RawMessage) -> Result<HeaderMap, http::Error> {
    let mut headers = HeaderMap::new();
    for (name, value) in &message.headers {
        let name = HeaderName::try_from(name)?;
        let is_webhook = name.as_str().starts_with("webhook-");
        if !is_webhook && !CONNECTION_HEADERS.contains(&name.as_str()) {
            headers.try_append(name, HeaderValue::try_from(value)?)?;
        }
    }
    Ok(headers)
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("target", &self.shared.requests.target)
            .finish_non_exhaustive()
    }
}

impl Publisher for Sender {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        telemetry::publish(self.to_destination(), event, move |event| async move {
            self.send_event(&event).await
        })
    }

    fn destination(&self) -> Option<Destination<'_>> {
        Some(self.to_destination())
    }

    /// Sends a message to the URL, independently of the event type.
    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            let operation = || format!("send a message for `{ty}`");
            let headers = raw_headers(message).map_err(|error| {
                let reason = "the message has a header that HTTP cannot represent";
                rejected(&operation(), reason, error)
            })?;
            let body = message.body.clone();
            self.send(operation, &Message { headers, body }).await
        })
    }
}
