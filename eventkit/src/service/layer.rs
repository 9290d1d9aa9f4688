//! What a program puts around its handlers, by the traits of tower.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use super::lane::Worker;
use super::outbox::Outbox;
use crate::__private::service::catch_panic;
use crate::dispatch::{Failure, Handler, IntoOutcome};
use crate::error::BoxError;
use crate::event::Event;
use crate::transport::{BoxFuture, MessageInfo};

/// Is one attempt to handle an event, as a [layer](super::ServiceBuilder::layer) sees it.
///
/// A clone is the same attempt. Where a layer gives it to the handler twice, what the handler left
/// in its [`Outbox`] the first time is sent only if it had succeeded.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub(super) event: Event,
    pub(super) number: u32,
    pub(super) info: MessageInfo,
    pub(super) outbox: Outbox,
    pub(super) worker: Arc<Worker>,
}

impl Attempt {
    /// Returns the event.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Returns the event, to be changed for the layers below and the handler.
    ///
    /// The change is for this attempt: the next one begins with the event as it came, and so it
    /// stands in a dead letter.
    pub fn event_mut(&mut self) -> &mut Event {
        &mut self.event
    }

    /// Returns how often the event has been tried, this time included.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns what the transport knows of the message.
    #[must_use]
    pub fn info(&self) -> MessageInfo {
        self.info
    }

    /// Returns the handler.
    #[must_use]
    pub fn handler(&self) -> &Handler {
        self.worker.single.handler()
    }

    /// Returns the durable name of the handler's subscription.
    #[must_use]
    pub fn subscription(&self) -> &str {
        &self.worker.durable
    }

    /// Runs the handler.
    async fn handle(self) -> Result<(), BoxError> {
        let before = self.outbox.len();
        let outcome = self.worker.handle(&self.event, &self.outbox).await;
        if outcome.is_err() {
            self.outbox.forget_after(before);
        }
        Ok(outcome?)
    }
}

/// Is what a layer stands around: the next layer, or the handler itself.
///
/// Its errors are those of the layers below, or a [`Failure`] of the handler in a box.
#[derive(Clone, Default)]
pub struct HandlerService {
    layers: Option<Arc<dyn Around>>,
}

/// A layer around the ones below, whatever its type is.
trait Around: Send + Sync {
    fn handle(&self, attempt: Attempt) -> BoxFuture<'static, Result<(), BoxError>>;
}

/// Holds a service that is cloned for each attempt, as tower wants it.
struct Cloned<S>(Mutex<S>);

impl<S> Around for Cloned<S>
where
    S: Service<Attempt, Response = ()> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    fn handle(&self, attempt: Attempt) -> BoxFuture<'static, Result<(), BoxError>> {
        let mut service = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Box::pin(async move {
            poll_fn(|context| service.poll_ready(context))
                .await
                .map_err(Into::into)?;
            service.call(attempt).await.map_err(Into::into)
        })
    }
}

impl HandlerService {
    /// Puts a layer around everything so far.
    pub(super) fn within<L>(self, layer: &L) -> Self
    where
        L: Layer<Self>,
        L::Service: Service<Attempt, Response = ()> + Clone + Send + 'static,
        <L::Service as Service<Attempt>>::Error: Into<BoxError>,
        <L::Service as Service<Attempt>>::Future: Send,
    {
        let around = Cloned(Mutex::new(layer.layer(self)));
        Self {
            layers: Some(Arc::new(around)),
        }
    }

    /// Makes an attempt; a panic of a layer is a failure, as one of the handler is.
    pub(super) async fn attempt(mut self, attempt: Attempt) -> Result<(), Failure> {
        let tried = async move { self.call(attempt).await };
        match catch_panic(pin!(tried)).await {
            Ok(outcome) => outcome.into_outcome(),
            Err(panic) => Err(Failure::panic(&*panic)),
        }
    }
}

impl Service<Attempt> for HandlerService {
    type Response = ();
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<(), BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, attempt: Attempt) -> Self::Future {
        match &self.layers {
            Some(layers) => layers.handle(attempt),
            None => Box::pin(attempt.handle()),
        }
    }
}

impl fmt::Debug for HandlerService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerService").finish_non_exhaustive()
    }
}
