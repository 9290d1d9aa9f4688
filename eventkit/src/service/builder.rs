//! The settings of a service.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tower_layer::Layer;

use super::error::{ServiceError, ServiceProblem};
use super::health::{Phase, ServiceHandle, Shared, Vitals};
use super::inbox::Inbox;
use super::lane::{Lane, Settings, Worker};
use super::layer::{Attempt, HandlerService};
use super::letter::LetterBox;
use super::names;
use super::rules::Policies;
use super::run::Service;
use crate::__private::service::{BoundHandler, check_pattern};
use crate::dispatch::{Dispatcher, Policy};
use crate::error::BoxError;
use crate::transport::backoff::FOREVER;
use crate::transport::{Publisher, Transport};

/// Puts one layer around those below it.
type AddLayer = Box<dyn FnOnce(HandlerService) -> HandlerService + Send>;

/// Sets up a [`Service`]; each setting has a default that is safe.
///
/// ```
/// use std::time::Duration;
/// use eventkit::service::{MemoryInbox, Service};
/// use eventkit::transport::memory::Memory;
/// use eventkit::{Dispatcher, Event, Policy, Registry};
///
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.named("log").register("co.outcome.*", |event: &Event| println!("{event}"));
///
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = Service::new("shop", &app)
///     .transport(Memory::new())
///     .policy(Policy::new().attempts(5))
///     .policy_for("co.outcome.report.*", Policy::new().timeout(Duration::from_secs(600)))
///     .inbox(MemoryInbox::new())
///     .drain_deadline(Duration::from_secs(50))
///     .build()?;
/// # drop(service);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a builder makes nothing until `build` is called"]
pub struct ServiceBuilder {
    name: String,
    singles: Vec<BoundHandler>,
    transports: Vec<Arc<dyn Transport>>,
    policies: Policies,
    ack_wait: Duration,
    drain: Duration,
    inbox: Option<Arc<dyn Inbox>>,
    layers: Vec<AddLayer>,
    outbox: Option<Arc<dyn Publisher>>,
    dead_letter_place: Option<String>,
    dead_letter_publisher: Option<Arc<dyn Publisher>>,
}

impl ServiceBuilder {
    pub(super) fn new(name: String, dispatcher: &Dispatcher) -> Self {
        Self {
            name,
            singles: BoundHandler::all(dispatcher).collect(),
            transports: Vec::new(),
            policies: Policies::default(),
            ack_wait: Duration::from_secs(30),
            drain: Duration::from_secs(20),
            inbox: None,
            layers: Vec::new(),
            outbox: None,
            dead_letter_place: None,
            dead_letter_publisher: None,
        }
    }

    /// Adds a transport; every handler gets events from each of them. There has to be one.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transports.push(Arc::new(transport));
        self
    }

    /// Sets the policy of all handlers, where they and the types of their events have no other.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policies.service = policy;
        self
    }

    /// Sets the policy for the events of a type or pattern, where their handler has no other.
    ///
    /// Of several that fit, the first one added holds. Concurrency, key and circuit breaker are of a
    /// handler, and cannot be set by type.
    pub fn policy_for(mut self, pattern: impl Into<String>, policy: Policy) -> Self {
        self.policies.types.push((pattern.into(), policy));
        self
    }

    /// Sets how long the transport waits for a word about a message before it gives it to another
    /// consumer; 30 seconds if not set, no less than one, and no more than a year.
    ///
    /// This is how soon the events of a process that died come again. How long a handler may take
    /// does not depend on it.
    pub fn ack_wait(mut self, ack_wait: Duration) -> Self {
        self.ack_wait = ack_wait.clamp(Duration::from_secs(1), FOREVER);
        self
    }

    /// Sets how long handlers may take to finish when the service is told to stop; 20 seconds if
    /// not set, which leaves time within the 30 that Kubernetes gives.
    pub fn drain_deadline(mut self, deadline: Duration) -> Self {
        self.drain = deadline;
        self
    }

    /// Sets what remembers the events that have been handled; nothing does if not set, and an event
    /// that comes twice is handled twice.
    pub fn inbox(mut self, inbox: impl Inbox + 'static) -> Self {
        self.inbox = Some(Arc::new(inbox));
        self
    }

    /// Puts a layer of tower around all handlers; the first one added is the outermost.
    ///
    /// It sees each [`Attempt`]. It can change the event, answer in place of the handler, or fail:
    /// its error is treated as one of the handler. It is one for all handlers together, so a limit
    /// that it has is for the sum of them.
    ///
    /// ```
    /// use std::task::{Context, Poll};
    /// use std::time::Instant;
    /// use eventkit::service::{Attempt, HandlerService, Service};
    /// use eventkit::transport::{BoxFuture, memory::Memory};
    /// use eventkit::{BoxError, Dispatcher, Event, Registry};
    ///
    /// /// Says how long each attempt takes.
    /// #[derive(Clone)]
    /// struct Timed(HandlerService);
    ///
    /// impl tower_service::Service<Attempt> for Timed {
    ///     type Response = ();
    ///     type Error = BoxError;
    ///     type Future = BoxFuture<'static, Result<(), BoxError>>;
    ///
    ///     fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
    ///         self.0.poll_ready(context)
    ///     }
    ///
    ///     fn call(&mut self, attempt: Attempt) -> Self::Future {
    ///         let (start, handler) = (Instant::now(), attempt.subscription().to_owned());
    ///         let handled = self.0.call(attempt);
    ///         Box::pin(async move {
    ///             let outcome = handled.await;
    ///             println!("{handler} took {:?}", start.elapsed());
    ///             outcome
    ///         })
    ///     }
    /// }
    ///
    /// static SHOP: Registry = Registry::new("shop");
    /// SHOP.named("log").register("*", |event: &Event| println!("{event}"));
    ///
    /// let app = Dispatcher::new(&SHOP).build()?;
    /// let service = Service::new("shop", &app)
    ///     .transport(Memory::new())
    ///     .layer(tower_layer::layer_fn(Timed))
    ///     .build()?;
    /// # drop(service);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<HandlerService> + Send + 'static,
        L::Service: tower_service::Service<Attempt, Response = ()> + Clone + Send + 'static,
        <L::Service as tower_service::Service<Attempt>>::Error: Into<BoxError>,
        <L::Service as tower_service::Service<Attempt>>::Future: Send,
    {
        self.layers
            .push(Box::new(move |below| below.within(&layer)));
        self
    }

    /// Sets where the events of an [`Outbox`](super::Outbox) go; to the transport that the event
    /// came from, if not set.
    pub fn outbox_to(mut self, publisher: impl Publisher + 'static) -> Self {
        self.outbox = Some(Arc::new(publisher));
        self
    }

    /// Sets the place of dead letters, named as an event type is; `eventkit.deadletter.` and the
    /// name of the service if not set.
    pub fn dead_letter_place(mut self, place: impl Into<String>) -> Self {
        self.dead_letter_place = Some(place.into());
        self
    }

    /// Sets where dead letters go; to the transport that the event came from, if not set.
    pub fn dead_letters_to(mut self, publisher: impl Publisher + 'static) -> Self {
        self.dead_letter_publisher = Some(Arc::new(publisher));
        self
    }

    /// Makes the service; nothing is subscribed to until it runs.
    ///
    /// # Errors
    ///
    /// Where something is missing or does not fit; the error says all of it.
    pub fn build(self) -> Result<Service, ServiceError> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(ServiceError::new(&self.name, problems));
        }
        let place = self
            .dead_letter_place
            .unwrap_or_else(|| names::dead_letter_place(&self.name));
        let settings = Arc::new(Settings {
            service: self.name,
            ack_wait: self.ack_wait,
            policies: self.policies,
            inbox: self.inbox,
            layers: assembled(self.layers),
        });
        let (phase, _) = watch::channel(Phase::Running);
        let (changes, _) = watch::channel(0);
        let mut lanes = Vec::new();
        for single in self.singles {
            let worker = Arc::new(Worker::new(single, &settings));
            for transport in &self.transports {
                let letters = match &self.dead_letter_publisher {
                    Some(publisher) => LetterBox::at_publisher(Arc::clone(publisher), &place),
                    None => {
                        LetterBox::at_transport(Arc::clone(transport), &settings.service, &place)
                    }
                };
                let publisher = self.outbox.clone();
                lanes.push(Arc::new(Lane {
                    vitals: Arc::new(Vitals::new(
                        worker.durable.to_string(),
                        worker.single.handler().name(),
                        transport.name().to_owned(),
                        changes.clone(),
                    )),
                    worker: Arc::clone(&worker),
                    settings: Arc::clone(&settings),
                    publisher: publisher.unwrap_or_else(|| Arc::clone(transport) as _),
                    transport: Arc::clone(transport),
                    letters,
                    phase: phase.subscribe(),
                }));
            }
        }
        let vitals = lanes.iter().map(|lane| Arc::clone(&lane.vitals)).collect();
        let handle = ServiceHandle {
            shared: Arc::new(Shared {
                vitals,
                phase,
                changes,
            }),
        };
        Ok(Service::from_parts(lanes, handle, self.drain))
    }

    fn problems(&self) -> Vec<ServiceProblem> {
        let mut problems = Vec::new();
        if !names::is_name(&self.name) {
            problems.push(ServiceProblem::Name(self.name.clone()));
        }
        if self.transports.is_empty() {
            problems.push(ServiceProblem::NoTransport);
        }
        if self.singles.is_empty() {
            problems.push(ServiceProblem::NoHandlers);
        }
        self.name_problems(&mut problems);
        for (pattern, policy) in &self.policies.types {
            if let Err(reason) = check_pattern(pattern) {
                let pattern = pattern.clone();
                problems.push(ServiceProblem::Pattern { pattern, reason });
            }
            let settings = policy.settings();
            if settings.concurrency.is_some()
                || settings.key.is_some()
                || settings.circuit_breaker.is_some()
            {
                problems.push(ServiceProblem::NotOfAType(pattern.clone()));
            }
        }
        if let Some(place) = &self.dead_letter_place
            && (place.is_empty() || place.contains('*'))
        {
            let (pattern, reason) = (place.clone(), "a place is one event type");
            problems.push(ServiceProblem::Pattern { pattern, reason });
        }
        problems
    }

    fn name_problems(&self, problems: &mut Vec<ServiceProblem>) {
        let mut seen: HashMap<String, String> = HashMap::new();
        for single in &self.singles {
            let handler = single.handler();
            match handler.durable_name() {
                Some(name) if !names::is_name(name) => {
                    problems.push(ServiceProblem::Name(name.to_owned()));
                }
                None if single.is_registered_at_run_time() => {
                    problems.push(ServiceProblem::Unnamed(handler.to_string()));
                    continue;
                }
                _ => {}
            }
            let name = names::durable(&self.name, handler);
            if let Some(first) = seen.insert(name.clone(), handler.to_string()) {
                let second = handler.to_string();
                problems.push(ServiceProblem::SameName {
                    name,
                    first,
                    second,
                });
            }
        }
    }
}

/// Puts layers around each other, the first one outermost.
fn assembled(layers: Vec<AddLayer>) -> Option<HandlerService> {
    let innermost = HandlerService::default();
    let mut inwards = layers.into_iter().rev().peekable();
    inwards.peek()?;
    Some(inwards.fold(innermost, |below, add| add(below)))
}

impl fmt::Debug for ServiceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceBuilder")
            .field("name", &self.name)
            .field("transports", &self.transports)
            .finish_non_exhaustive()
    }
}
