//! The receiving side.

mod builder;
mod consumer;
mod desk;
mod history;
mod key;
mod origin;
mod queue;
mod rate;
mod respond;
mod server;
mod tally;
mod token;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::consumer::EndpointConsumer;
use self::desk::Desk;
use self::origin::Origins;
use self::token::Tokens;
use eventkit::ToEvent;
use eventkit::binding::http::Decoder;
use eventkit::event::{Event, Limits};
use eventkit::transport::{
    BoxFuture, Consumer, Published, Publisher, PublisherExt, RawMessage, Subscription, Transport,
    TransportError, TransportErrorKind,
};

pub use self::builder::EndpointBuilder;
pub use self::origin::CallbackRequest;
pub(super) use self::token::PARAMETER;

/// Takes events that are sent over HTTP, and answers when they are handled; a clone is the same
/// endpoint.
///
/// The [module](super) says what it answers. It is a transport for a service, and at the same time
/// the answer to requests, in one of three ways:
///
/// - [`serve`](Endpoint::serve) runs a server of its own.
/// - It is a `tower` service, which axum mounts beside other routes:
///   `Router::new().route_service("/events", endpoint.clone())`.
/// - [`respond`](Endpoint::respond) and [`handle`](Endpoint::handle) take one request of any server.
#[derive(Clone)]
pub struct Endpoint {
    shared: Arc<Shared>,
}

struct Shared {
    desk: Mutex<Desk>,
    tokens: Tokens,
    origins: Origins,
    limits: Limits,
    decoder: Decoder,
    busy: Duration,
    read_within: Duration,
    drain_within: Duration,
    connections: usize,
    publisher: Option<Arc<dyn Publisher>>,
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Endpoint {
    /// Publishes an event or a typed value to the publisher given to
    /// [`EndpointBuilder::publish_to`].
    ///
    /// # Errors
    ///
    /// Returns an error if the endpoint has no publisher, if the value cannot be encoded, or if the
    /// publisher returns one.
    pub async fn publish<E: ToEvent + ?Sized>(
        &self,
        event: &E,
    ) -> Result<Published, TransportError> {
        PublisherExt::publish(self, event).await
    }

    /// Starts an endpoint; it takes events from everybody unless tokens or origins are set.
    pub fn builder() -> EndpointBuilder {
        EndpointBuilder::new()
    }

    /// Takes no new events from now on, for good: they are answered with 503.
    ///
    /// What handlers are working on is finished and answered. Consumers end when they have taken
    /// what waits for them.
    pub fn close(&self) {
        self.shared.desk().close();
    }

    /// Returns how many deliveries to handlers are not settled.
    #[must_use]
    pub fn unsettled(&self) -> usize {
        self.shared.desk().unsettled()
    }

    fn publisher(&self) -> Result<&dyn Publisher, TransportError> {
        self.shared.publisher.as_deref().ok_or_else(|| {
            let what = "the webhook endpoint has nowhere to publish to: give it a publisher, such \
                        as a `Sender`, with `EndpointBuilder::publish_to`";
            TransportError::new(TransportErrorKind::Configuration, what)
        })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("tokens", &self.tokens)
            .field("origins", &self.origins)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt(f)
    }
}

impl Publisher for Endpoint {
    /// Publishes to what was given to [`EndpointBuilder::publish_to`].
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move { self.publisher()?.publish_event(event).await })
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move { self.publisher()?.publish_raw(ty, message).await })
    }
}

impl Transport for Endpoint {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn prepare(&self, subscriptions: &[Subscription]) {
        let mut desk = self.shared.desk();
        for subscription in subscriptions {
            // One that is refused is refused again where it is opened.
            let _ = desk.declare(subscription);
        }
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
        Box::pin(async move {
            let opened = self.shared.desk().subscribe(subscription)?;
            let shared = Arc::clone(&self.shared);
            let consumer = EndpointConsumer::new(shared, &subscription.name, opened);
            Ok(Box::new(consumer) as _)
        })
    }
}
