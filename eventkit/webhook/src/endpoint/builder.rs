//! The builder of an endpoint.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventkit::binding::http::with_limits;
use eventkit::event::Limits;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{Publisher, TransportError, TransportErrorKind};

use super::access_token::AccessTokens;
use super::origin_policy::{CallbackRequest, OriginPolicy};
use super::recent_deliveries::RecentDeliveries;
use super::shared::{Endpoint, Shared};
use super::subscription_table::SubscriptionTable;

impl Endpoint {
    /// Creates a builder. Without tokens and origins, the endpoint accepts events from every sender.
    pub fn builder() -> EndpointBuilder {
        EndpointBuilder::new()
    }
}

/// A builder of an [`Endpoint`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct EndpointBuilder {
    tokens: AccessTokens,
    origins: OriginPolicy,
    limits: Limits,
    min_subscriptions: usize,
    remembered: usize,
    window: Duration,
    retry_after: Duration,
    read_timeout: Duration,
    shutdown_timeout: Duration,
    max_connections: usize,
    publisher: Option<Arc<dyn Publisher>>,
}

impl EndpointBuilder {
    fn new() -> Self {
        Self {
            tokens: AccessTokens::default(),
            origins: OriginPolicy::default(),
            limits: Limits::DEFAULT,
            min_subscriptions: 1,
            remembered: 100_000,
            window: Duration::from_hours(1),
            retry_after: Duration::from_secs(1),
            read_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(30),
            max_connections: 1_024,
            publisher: None,
        }
    }

    /// Requires this access token, in the header `Authorization` with the scheme `Bearer` or in the
    /// query as `access_token` (3.1 and 3.2).
    ///
    /// If this is called more than once, each of the tokens is valid, which allows for rotation.
    /// Tokens are compared in constant time.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.tokens.add(token.into());
        self
    }

    /// Allows the sender with exactly this `WebHook-Request-Origin`.
    ///
    /// A sender may claim any origin: the handshake protects targets that did not ask for events. To
    /// authenticate senders, use a [`token`](EndpointBuilder::token).
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.allowed.push(origin.into());
        self
    }

    /// Allows all origins: the response to a handshake is `*`.
    pub fn allow_any_origin(mut self) -> Self {
        self.origins.any = true;
        self
    }

    /// Requires an allowed `WebHook-Request-Origin` of each delivery (2.1); by default, only the
    /// handshake checks it.
    pub fn require_origin(mut self) -> Self {
        self.origins.required = true;
        self
    }

    /// Sets the maximum number of requests per minute of each allowed origin, and of all other senders
    /// together; unlimited by default.
    ///
    /// A handshake grants at most this rate. The requests of one minute may come in a burst, and the
    /// response to more of them is 429.
    pub fn rate(mut self, per_minute: u32) -> Self {
        self.origins.rate = Some(per_minute);
        self
    }

    /// Sets a function that receives the `WebHook-Request-Callback` of senders that are not allowed
    /// (4.1.3), to which the endpoint responds with 202; by default with 403.
    ///
    /// The endpoint itself never calls the URL: anyone may have chosen it, and it may lead into an
    /// internal network.
    pub fn on_callback(
        mut self,
        on_callback: impl Fn(CallbackRequest) + Send + Sync + 'static,
    ) -> Self {
        self.origins.on_callback = Some(Box::new(on_callback));
        self
    }

    /// Sets the limits of requests; [`Limits::DEFAULT`] by default.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the number of subscriptions that have to be open before the endpoint accepts events; 1 by
    /// default. Until then the response is 503.
    ///
    /// An event that is received before a handler has subscribed is not delivered to that handler. A
    /// service [prepares](eventkit::transport::Transport::prepare) all of its subscriptions first, so
    /// it needs no number here. Several services that share an endpoint, and programs that open
    /// consumers themselves, set the number of handlers.
    pub fn min_subscriptions(mut self, subscriptions: usize) -> Self {
        self.min_subscriptions = subscriptions.max(1);
        self
    }

    /// Sets how many deliveries the endpoint remembers, and for how long; 100,000 for one hour by
    /// default. Each of them takes about 150 bytes.
    ///
    /// A retry of a forgotten delivery runs its handler again: the window has to be longer than
    /// senders retry.
    pub fn remember(mut self, deliveries: usize, window: Duration) -> Self {
        self.remembered = deliveries;
        self.window = window;
        self
    }

    /// Sets the `Retry-After` of responses without a delay from a handler; 1 second by default.
    ///
    /// These are the responses of an endpoint that is closed, has no consumer, or has too many events
    /// in flight.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = delay;
        self
    }

    /// Sets the time limit for reading the headers and, again, the body of a request; 30 seconds by
    /// default. The headers are limited in [`serve`](Endpoint::serve) only.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        // hyper adds it to the current time, which may overflow.
        self.read_timeout = timeout.min(FAR_FUTURE);
        self
    }

    /// Sets the time limit of the graceful shutdown of [`serve`](Endpoint::serve); 30 seconds by
    /// default.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// Sets the maximum number of concurrent connections of [`serve`](Endpoint::serve); 1,024 by
    /// default. Further connections wait until one is closed.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// Sets the publisher for outgoing events and dead letters of a service; without one, publishing
    /// is an error.
    pub fn publisher(mut self, publisher: impl Publisher + 'static) -> Self {
        self.publisher = Some(Arc::new(publisher));
        self
    }

    /// Builds the endpoint.
    ///
    /// # Errors
    ///
    /// Returns an error if a token or an origin is illegal in a header, if the rate is zero, or if an
    /// origin is required and none is allowed.
    pub fn build(self) -> Result<Endpoint, TransportError> {
        let invalid =
            |message: String| TransportError::new(TransportErrorKind::Configuration, message);
        if !self.tokens.are_legal() {
            let message = "an access token is illegal, expected printable ASCII without spaces";
            return Err(invalid(message.to_owned()));
        }
        self.origins.check().map_err(invalid)?;
        let recent = RecentDeliveries::new(self.remembered, self.window);
        let shared = Shared {
            table: Mutex::new(SubscriptionTable::new(self.min_subscriptions, recent)),
            tokens: self.tokens,
            origins: self.origins,
            limits: self.limits,
            decoder: with_limits(self.limits),
            retry_after: self.retry_after,
            read_timeout: self.read_timeout,
            shutdown_timeout: self.shutdown_timeout,
            max_connections: self.max_connections,
            publisher: self.publisher,
        };
        Ok(Endpoint {
            shared: Arc::new(shared),
        })
    }
}

impl fmt::Debug for EndpointBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointBuilder")
            .field("tokens", &self.tokens)
            .field("origins", &self.origins)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
