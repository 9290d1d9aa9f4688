//! The builder for an endpoint.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventkit::binding::http::with_limits;
use eventkit::event::Limits;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{Publisher, TransportError};

use super::access_token::AccessTokens;
use super::origin_policy::{CallbackRequest, OriginPolicy};
use super::recent_deliveries::RecentDeliveries;
use super::shared::{Endpoint, Settings, Shared};
use super::subscription_table::SubscriptionTable;

impl Endpoint {
    /// Creates a builder. Without tokens and origins, the endpoint accepts events from every sender.
    pub fn builder() -> EndpointBuilder {
        EndpointBuilder {
            settings: Settings {
                tokens: AccessTokens::default(),
                origins: OriginPolicy::default(),
                limits: Limits::DEFAULT,
                retry_after: Duration::from_secs(1),
                read_timeout: Duration::from_secs(30),
                shutdown_timeout: Duration::from_secs(30),
                max_connections: 1_024,
                publisher: None,
            },
            min_subscriptions: 1,
            dedup_capacity: 100_000,
            dedup_window: Duration::from_hours(1),
        }
    }
}

/// A builder for an [`Endpoint`].
#[must_use = "a builder does nothing until `build` is called"]
#[derive(Debug)]
pub struct EndpointBuilder {
    settings: Settings,
    min_subscriptions: usize,
    dedup_capacity: usize,
    dedup_window: Duration,
}

impl EndpointBuilder {
    /// Requires this access token, either in the `Authorization` header with the scheme `Bearer` or
    /// in the query as `access_token` (3.1 and 3.2).
    ///
    /// If this is called more than once, each of the tokens is valid, which allows for rotation.
    /// Tokens are compared in constant time.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.settings.tokens.add(token.into());
        self
    }

    /// Allows senders with this `WebHook-Request-Origin`, ignoring case.
    ///
    /// A sender may claim any origin: the handshake protects targets that did not ask for events.
    /// To authenticate senders, use a [`token`](EndpointBuilder::token).
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.settings.origins.allowed.push(origin.into());
        self
    }

    /// Allows all origins: the response to a handshake is `*`.
    pub fn allow_any_origin(mut self) -> Self {
        self.settings.origins.any = true;
        self
    }

    /// Requires each delivery to have an allowed `WebHook-Request-Origin` (2.1); by default, only
    /// the handshake checks it.
    pub fn require_origin(mut self) -> Self {
        self.settings.origins.required = true;
        self
    }

    /// Sets the maximum number of requests per minute for each allowed origin, and for all other
    /// senders together; unlimited by default.
    ///
    /// A handshake grants at most this rate. The requests of one minute may come in a burst;
    /// additional ones get the response 429. Handshakes need no token, so they are limited separately:
    /// all senders together may make this number of handshakes per minute, or 60 if no rate is set.
    pub fn rate(mut self, per_minute: u32) -> Self {
        self.settings.origins.rate = Some(per_minute);
        self
    }

    /// Sets a function that receives the `WebHook-Request-Callback` of senders that are not allowed
    /// (4.1.3). The endpoint then responds with 202 to their handshakes, instead of 403.
    ///
    /// The endpoint itself never calls the URL, because anyone may have chosen it, and it may lead
    /// into an internal network.
    pub fn on_callback(
        mut self,
        on_callback: impl Fn(CallbackRequest) + Send + Sync + 'static,
    ) -> Self {
        self.settings.origins.on_callback = Some(Box::new(on_callback));
        self
    }

    /// Sets the limits of requests; [`Limits::DEFAULT`] by default.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Sets the number of subscriptions that must be open before the endpoint accepts events; 1 by
    /// default. Until then it responds with 503.
    ///
    /// An event that is received before a handler has subscribed is not delivered to that handler.
    /// A single service does not need this, because it
    /// [prepares](eventkit::transport::Transport::prepare) all of its subscriptions first. If
    /// several services share the endpoint, or a program opens consumers itself, set this to the
    /// number of handlers.
    pub fn min_subscriptions(mut self, subscriptions: usize) -> Self {
        self.min_subscriptions = subscriptions.max(1);
        self
    }

    /// Sets the maximum number of deliveries whose outcome the endpoint remembers; 100,000 by
    /// default. Each of them takes about 150 bytes.
    ///
    /// If a sender retries a forgotten delivery, its handler runs again.
    pub fn dedup_capacity(mut self, deliveries: usize) -> Self {
        self.dedup_capacity = deliveries;
        self
    }

    /// Sets how long the endpoint remembers the outcome of a delivery; one hour by default.
    ///
    /// If a sender retries a forgotten delivery, its handler runs again: the window must be
    /// longer than senders retry.
    pub fn dedup_window(mut self, window: Duration) -> Self {
        self.dedup_window = window;
        self
    }

    /// Sets the `Retry-After` of responses for which no handler sets a delay; 1 second by default.
    ///
    /// These are the responses of an endpoint that is closed, has no consumer, or has too many
    /// events in flight.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.settings.retry_after = delay;
        self
    }

    /// Sets the time limit for reading the headers of a request, and the same limit for its body;
    /// 30 seconds by default. The limit on headers applies only in [`serve`](Endpoint::serve).
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        // hyper adds it to the current time, which may overflow.
        self.settings.read_timeout = timeout.min(FAR_FUTURE);
        self
    }

    /// Sets the time limit of the graceful shutdown of [`serve`](Endpoint::serve); 30 seconds by
    /// default.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.settings.shutdown_timeout = timeout;
        self
    }

    /// Sets the maximum number of concurrent connections of [`serve`](Endpoint::serve); 1,024 by
    /// default. Further connections wait until one is closed.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.settings.max_connections = connections.max(1);
        self
    }

    /// Sets the publisher for outgoing events and dead letters of a service. Without a publisher,
    /// publishing returns an error. Building a service fails too, unless it has other publishers
    /// for its dead letters and outgoing events.
    pub fn publisher(mut self, publisher: impl Publisher + 'static) -> Self {
        self.settings.publisher = Some(Arc::new(publisher));
        self
    }

    /// Builds the endpoint.
    ///
    /// # Errors
    ///
    /// Returns an error if a token or an origin is illegal in a header, if the rate is zero, or if
    /// an origin is required but none is allowed.
    pub fn build(self) -> Result<Endpoint, TransportError> {
        let settings = self.settings;
        if !settings.tokens.are_legal() {
            let message = "an access token is invalid: expected printable ASCII without spaces";
            return Err(TransportError::configuration(message));
        }
        let checked = settings.origins.check();
        checked.map_err(TransportError::configuration)?;
        let recent = RecentDeliveries::new(self.dedup_capacity, self.dedup_window);
        let shared = Shared {
            table: Mutex::new(SubscriptionTable::new(self.min_subscriptions, recent)),
            decoder: with_limits(settings.limits),
            settings,
        };
        Ok(Endpoint {
            shared: Arc::new(shared),
        })
    }
}
