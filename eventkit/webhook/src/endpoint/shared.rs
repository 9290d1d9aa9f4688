//! The endpoint, and the state shared by its clones.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventkit::ToEvent;
use eventkit::binding::http::Decoder;
use eventkit::event::{Event, Limits};
use eventkit::transport::{
    BoxFuture, Published, Publisher, PublisherExt, RawMessage, TransportError,
};

use super::access_token::AccessTokens;
use super::origin_policy::OriginPolicy;
use super::subscription_table::SubscriptionTable;

/// An endpoint that receives events over HTTP and responds once they are handled.
///
/// The front page of the crate lists its [responses](crate#responses-of-an-endpoint). Clones share
/// their state. An endpoint is the transport of a service, and serves requests in one of three
/// ways:
///
/// - [`serve`](Endpoint::serve) runs an HTTP server.
/// - As a tower service, it can be mounted in an axum router:
///   `Router::new().route_service("/events", endpoint.clone())`.
/// - [`respond`](Endpoint::respond) and [`handle`](Endpoint::handle) handle a single request of any
///   server.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub(super) shared: Arc<Shared>,
}

/// The state that all clones of an endpoint share.
pub(super) struct Shared {
    pub(super) table: Mutex<SubscriptionTable>,
    pub(super) decoder: Decoder,
    pub(super) settings: Settings,
}

/// The settings of an endpoint, as set by its builder.
pub(super) struct Settings {
    pub(super) tokens: AccessTokens,
    pub(super) origins: OriginPolicy,
    pub(super) limits: Limits,
    pub(super) retry_after: Duration,
    pub(super) read_timeout: Duration,
    pub(super) shutdown_timeout: Duration,
    pub(super) max_connections: usize,
    pub(super) publisher: Option<Arc<dyn Publisher>>,
}

impl Shared {
    pub(super) fn table(&self) -> MutexGuard<'_, SubscriptionTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Endpoint {
    /// Publishes an event or a typed value to the [publisher](crate::EndpointBuilder::publisher) of
    /// the endpoint.
    ///
    /// # Errors
    ///
    /// Returns an error if the endpoint has no publisher, if the value cannot be encoded, or if the
    /// publisher fails.
    pub async fn publish<E: ToEvent + ?Sized>(
        &self,
        event: &E,
    ) -> Result<Published, TransportError> {
        PublisherExt::publish(self, event).await
    }

    /// Closes the endpoint: it responds to new events with 503.
    ///
    /// Events that were received before are still handled and answered. Consumers end once they
    /// have delivered these events.
    pub fn close(&self) {
        self.shared.table().close();
    }

    /// Returns the number of unsettled deliveries to handlers.
    #[must_use]
    pub fn unsettled(&self) -> usize {
        self.shared.table().unsettled()
    }

    fn publisher(&self) -> Result<&dyn Publisher, TransportError> {
        let publisher = self.shared.settings.publisher.as_deref();
        publisher.ok_or_else(|| {
            TransportError::configuration(
                "the webhook endpoint has no publisher: set one, such as a `Sender`, with \
                 `EndpointBuilder::publisher`",
            )
        })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("tokens", &self.tokens)
            .field("origins", &self.origins)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Publisher for Endpoint {
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

    fn check_publishing(&self) -> Result<(), TransportError> {
        self.publisher()?.check_publishing()
    }
}
