//! How an endpoint is set up.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::desk::Desk;
use super::origin::{CallbackRequest, Origins};
use super::token::Tokens;
use super::{Endpoint, Shared};
use eventkit::binding::http::with_limits;
use eventkit::event::Limits;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{Publisher, TransportError, TransportErrorKind};

/// Sets up an [`Endpoint`].
#[must_use = "a builder makes nothing until `build` is called"]
pub struct EndpointBuilder {
    tokens: Tokens,
    origins: Origins,
    limits: Limits,
    subscriptions: usize,
    remembered: usize,
    window: Duration,
    busy: Duration,
    read_within: Duration,
    drain_within: Duration,
    connections: usize,
    publisher: Option<Arc<dyn Publisher>>,
}

impl EndpointBuilder {
    pub(super) fn new() -> Self {
        Self {
            tokens: Tokens::default(),
            origins: Origins::default(),
            limits: Limits::DEFAULT,
            subscriptions: 1,
            remembered: 100_000,
            window: Duration::from_hours(1),
            busy: Duration::from_secs(1),
            read_within: Duration::from_secs(30),
            drain_within: Duration::from_secs(30),
            connections: 1_024,
            publisher: None,
        }
    }

    /// Takes only events that come with this access token, in the header `Authorization` with the
    /// scheme `Bearer` or in the query as `access_token` (3.1 and 3.2).
    ///
    /// Given more than once, each of the tokens is good: a new one can be there before the old one
    /// goes. They are compared in constant time.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.tokens.add(token.into());
        self
    }

    /// Allows a sender to send, by the name in its `WebHook-Request-Origin`, letter by letter.
    ///
    /// The name is what the sender says of itself, and protects the sender alone: to know who sends,
    /// there is [`token`](EndpointBuilder::token).
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.allowed.push(origin.into());
        self
    }

    /// Allows all senders to send: the handshake is answered with `*`.
    pub fn allow_any_origin(mut self) -> Self {
        self.origins.any = true;
        self
    }

    /// Takes only events whose `WebHook-Request-Origin` is allowed (2.1); otherwise the name
    /// matters in the handshake alone.
    pub fn require_origin(mut self) -> Self {
        self.origins.required = true;
        self
    }

    /// Sets how many requests each allowed origin may make per minute, and all others together;
    /// without end if not set.
    ///
    /// It is what the handshake grants at most. More requests than of one minute at once are
    /// answered with 429.
    pub fn rate(mut self, per_minute: u32) -> Self {
        self.origins.rate = Some(per_minute);
        self
    }

    /// Is called with the `WebHook-Request-Callback` of a sender that is not allowed (4.1.3), which
    /// gets a 202; without this, it gets a 403, and the address is ignored.
    ///
    /// The endpoint itself never calls the address: it comes from anybody, and may lead into the
    /// network that the endpoint is in.
    pub fn on_callback(
        mut self,
        on_callback: impl Fn(CallbackRequest) + Send + Sync + 'static,
    ) -> Self {
        self.origins.on_callback = Some(Box::new(on_callback));
        self
    }

    /// Sets how much of a request is taken; [`Limits::DEFAULT`] if not set.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how many subscriptions have to be open before an event is taken; until then the answer
    /// is 503. 1 if not set.
    ///
    /// An event that comes when only some of the handlers have subscribed is lost to the others. A
    /// service [announces](eventkit::transport::Transport::announce) all of its own, so that none is.
    /// Where several services share an endpoint, or consumers are opened by hand, and requests may
    /// come before all of them are there, this is the number of handlers.
    pub fn subscriptions(mut self, subscriptions: usize) -> Self {
        self.subscriptions = subscriptions.max(1);
        self
    }

    /// Sets of how many deliveries it remembers what became of them, and how long; 100,000 for an
    /// hour if not set. Each takes about 150 bytes.
    ///
    /// What is forgotten runs again when the sender tries again: the time has to be longer than
    /// senders try.
    pub fn remember(mut self, deliveries: usize, window: Duration) -> Self {
        self.remembered = deliveries;
        self.window = window;
        self
    }

    /// Sets when a sender may come again where no handler has said it: when too many events are in
    /// flight, nobody is subscribed, or the endpoint is closed. One second if not set.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.busy = delay;
        self
    }

    /// Sets within what time a request has to have come, its headers and then its body; 30 seconds
    /// each if not set. The headers are those of [`serve`](Endpoint::serve).
    pub fn read_within(mut self, time: Duration) -> Self {
        // The server adds it to the time of day.
        self.read_within = time.min(FAR_FUTURE);
        self
    }

    /// Sets how long [`serve`](Endpoint::serve) waits at the end for what is being handled; 30
    /// seconds if not set.
    pub fn drain_within(mut self, time: Duration) -> Self {
        self.drain_within = time;
        self
    }

    /// Sets how many connections [`serve`](Endpoint::serve) has at once; 1,024 if not set. More
    /// wait until one ends.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Sets where the endpoint publishes to, for a service that sends events and keeps dead letters;
    /// without it, publishing is an error.
    pub fn publish_to(mut self, publisher: impl Publisher + 'static) -> Self {
        self.publisher = Some(Arc::new(publisher));
        self
    }

    /// Makes the endpoint.
    ///
    /// # Errors
    ///
    /// Where a token or an origin can stand in no header, where a rate is zero, and where an origin
    /// is required and none is allowed.
    pub fn build(self) -> Result<Endpoint, TransportError> {
        let wrong = |what| TransportError::new(TransportErrorKind::Configuration, what);
        if !self.tokens.are_legal() {
            return Err(wrong(
                "a token is of printable ASCII without spaces, and not empty",
            ));
        }
        self.origins
            .check()
            .map_err(|what| TransportError::new(TransportErrorKind::Configuration, what))?;
        let desk = Desk::new(self.subscriptions, self.remembered, self.window);
        let shared = Shared {
            desk: Mutex::new(desk),
            tokens: self.tokens,
            origins: self.origins,
            limits: self.limits,
            decoder: with_limits(self.limits),
            busy: self.busy,
            read_within: self.read_within,
            drain_within: self.drain_within,
            connections: self.connections,
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
