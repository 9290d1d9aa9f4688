//! A handler with its durable name, and the tower layers around it.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::task::spawn_blocking;
use tower_layer::Layer;
use tower_service::Service;

use eventkit::__private::service::{BoundHandler, LazyOutgoing, catch_panic};
use eventkit::event::Event;
use eventkit::transport::{BoxFuture, MessageMetadata, Subscription};
use eventkit::unit_of_work::UnitOfWork;
use eventkit::{BoxError, Decision, Failure, Handler};

/// A handler with its state, under the durable name of its subscription.
#[derive(Debug)]
pub(crate) struct NamedHandler {
    pub(crate) bound: BoundHandler,
    durable: Arc<str>,
    identity: Arc<str>,
}

impl NamedHandler {
    pub(crate) fn new(bound: BoundHandler, subscription: &Subscription) -> Self {
        let durable: Arc<str> = subscription.name.as_str().into();
        let oldest = subscription.formerly.last();
        Self {
            identity: oldest.map_or_else(|| Arc::clone(&durable), |name| name.as_str().into()),
            durable,
            bound,
        }
    }

    pub(crate) fn handler(&self) -> &Handler {
        self.bound.handler()
    }

    /// Returns the durable name.
    pub(crate) fn durable(&self) -> &str {
        &self.durable
    }

    /// Returns the oldest durable name, which identifies the handler in the inbox and in the ids of
    /// outgoing events. It stays the same while processes with the old and the new name run, so
    /// nothing is done twice.
    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    /// Returns whether an event passes the filter of the handler.
    ///
    /// An event of a type that the handler does not take is a replay from before its patterns
    /// changed. It fails, and becomes a dead letter again.
    pub(crate) fn matches_filter(&self, event: &Event) -> Result<bool, Failure> {
        if !self.handler().handles(event.ty()) {
            return Err(Failure::Error {
                error: format!("the handler does not take events of type `{}`", event.ty()).into(),
                decision: Some(Decision::DeadLetter),
            });
        }
        self.bound.matches_filter(event)
    }

    /// Creates the collection of outgoing events for a handled event.
    pub(crate) fn outgoing(&self, event: &Event) -> LazyOutgoing {
        LazyOutgoing::caused_by(event.clone(), Arc::clone(&self.identity))
    }

    /// Runs the handler; a sync handler runs on a blocking thread.
    pub(crate) async fn run(
        &self,
        event: &Event,
        outgoing: &LazyOutgoing,
        unit_of_work: Option<&dyn UnitOfWork>,
    ) -> Result<(), Failure> {
        if self.handler().is_async() {
            return self.bound.run(event, outgoing, unit_of_work).await;
        }
        let (bound, event, outgoing) = (self.bound.clone(), event.clone(), outgoing.clone());
        let span = tracing::Span::current();
        let running = spawn_blocking(move || span.in_scope(|| bound.run_sync(&event, &outgoing)));
        // Panics of the handler are caught: a join error means that the runtime is shutting down.
        let joined = running.await;
        joined.unwrap_or_else(|error| Err(Failure::error(error)))
    }
}

/// An attempt to handle an event, which [layers](super::ServiceBuilder::layer) receive as their request.
///
/// A clone is the same attempt. If a layer calls the handler twice, the
/// [`Outgoing`](eventkit::Outgoing) events of the first call are published only if that call
/// succeeded.
/// A handler that runs in a [unit of work](eventkit::unit_of_work) can be called only once per attempt; a
/// second call fails.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub(crate) event: Event,
    pub(crate) number: u32,
    pub(crate) metadata: MessageMetadata,
    pub(crate) outgoing: LazyOutgoing,
    pub(crate) handler: Arc<NamedHandler>,
    pub(crate) unit_run: Option<Arc<UnitRun>>,
}

/// A unit of work in which the layers may run the handler only once.
///
/// A failed call may have written in the unit of work, so the unit of work can only be ended.
#[derive(Debug)]
pub(crate) struct UnitRun {
    unit: Arc<dyn UnitOfWork>,
    has_begun: AtomicBool,
    has_succeeded: AtomicBool,
}

impl UnitRun {
    pub(crate) fn new(unit: Arc<dyn UnitOfWork>) -> Self {
        Self {
            unit,
            has_begun: AtomicBool::new(false),
            has_succeeded: AtomicBool::new(false),
        }
    }

    /// Returns an error if the handler was called but did not succeed, even if the layers return
    /// success.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let has_failed =
            self.has_begun.load(Ordering::Relaxed) && !self.has_succeeded.load(Ordering::Relaxed);
        if has_failed {
            let error = "a layer returned success, but the handler was stopped or failed in its unit of work";
            return Err(Failure::UnitOfWork(error.into()));
        }
        Ok(())
    }

    async fn run(&self, attempt: &Attempt) -> Result<(), Failure> {
        if self.has_begun.swap(true, Ordering::Relaxed) {
            let error = "a layer called the handler twice in one unit of work: retry with its policy instead";
            return Err(Failure::UnitOfWork(error.into()));
        }
        let (event, outgoing) = (&attempt.event, &attempt.outgoing);
        attempt
            .handler
            .run(event, outgoing, Some(&*self.unit))
            .await?;
        self.has_succeeded.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Attempt {
    /// Returns the event.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Returns a mutable reference to the event, for changes that the inner layers and the handler
    /// see.
    ///
    /// The change applies to this attempt only: the next attempt and a dead letter have the event
    /// as it was received.
    pub fn event_mut(&mut self) -> &mut Event {
        &mut self.event
    }

    /// Returns the number of the attempt; the first one is 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the metadata of the message.
    #[must_use]
    pub fn metadata(&self) -> MessageMetadata {
        self.metadata
    }

    /// Returns the handler.
    #[must_use]
    pub fn handler(&self) -> &Handler {
        self.handler.handler()
    }

    /// Returns the durable name of the handler's subscription.
    #[must_use]
    pub fn subscription(&self) -> &str {
        self.handler.durable()
    }

    /// Runs the handler.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let before = self.outgoing.len();
        let outcome = match &self.unit_run {
            Some(unit) => unit.run(self).await,
            None => self.handler.run(&self.event, &self.outgoing, None).await,
        };
        if outcome.is_err() {
            self.outgoing.truncate(before);
        }
        outcome
    }
}

/// The service that a layer wraps: the next layer, or the handler itself.
///
/// It returns the error of an inner layer, or the boxed [`Failure`] of the handler.
///
/// [`ServiceBuilder::layer`](crate::ServiceBuilder::layer) has an example of a layer.
#[derive(Clone, Default)]
pub struct HandlerService {
    layer: Option<Arc<dyn CallLayer>>,
}

/// A layered service, with its type erased.
trait CallLayer: Send + Sync {
    fn call(&self, attempt: Attempt) -> BoxFuture<'static, Result<(), BoxError>>;
}

/// A service that is cloned for each attempt, as tower recommends.
struct CloneService<S>(Mutex<S>);

impl<S> CallLayer for CloneService<S>
where
    S: Service<Attempt, Response = ()> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    fn call(&self, attempt: Attempt) -> BoxFuture<'static, Result<(), BoxError>> {
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
    /// Wraps this service in a layer.
    pub(crate) fn wrapped_in<L>(self, layer: &L) -> Self
    where
        L: Layer<Self>,
        L::Service: Service<Attempt, Response = ()> + Clone + Send + 'static,
        <L::Service as Service<Attempt>>::Error: Into<BoxError>,
        <L::Service as Service<Attempt>>::Future: Send,
    {
        let service = CloneService(Mutex::new(layer.layer(self)));
        Self {
            layer: Some(Arc::new(service)),
        }
    }

    /// Returns whether the handler has no layers.
    pub(crate) fn is_bare(&self) -> bool {
        self.layer.is_none()
    }

    /// Makes an attempt; the panic of a layer counts as a failure, like the panic of a handler.
    pub(crate) async fn attempt(mut self, attempt: Attempt) -> Result<(), Failure> {
        match catch_panic(pin!(async { self.call(attempt).await })).await {
            Ok(outcome) => outcome.map_err(Failure::returned),
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
        match &self.layer {
            Some(layer) => layer.call(attempt),
            None => Box::pin(async move { Ok(attempt.run().await?) }),
        }
    }
}

impl fmt::Debug for HandlerService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerService").finish_non_exhaustive()
    }
}
