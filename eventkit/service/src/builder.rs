//! The builder for a service.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower_layer::Layer;

use super::background::{BackgroundTask, TaskStatus};
use super::dead_letter_sink::DeadLetterSink;
use super::error::{ServiceError, ServiceIssue};
use super::handler::{Attempt, HandlerService};
use super::inbox::Inbox;
use super::names;
use super::policy::Policies;
use super::service::{Service, ServiceHandle};
use super::status::SubscriptionStatus;
use super::subscription::{self, ServiceConfig, SubscriptionShared, SubscriptionTask};
use super::suspects::Suspects;
use eventkit::__private::service::BoundHandler;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{Publisher, StartPosition, Subscription, Transport};
use eventkit::{BoxError, Dispatcher, Handler, Policy, pattern};

/// A function that wraps a handler service in a layer.
type WrapInLayer = Box<dyn FnOnce(HandlerService) -> HandlerService + Send>;

/// A builder for a [`Service`]; every setting has a safe default.
///
/// ```
/// use std::time::Duration;
/// use eventkit_service::{MemoryInbox, Service};
/// use eventkit_service::memory::Memory;
/// use eventkit::{Dispatcher, Event, Policy, Registry};
///
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.with_name("log").register("co.outcome.*", |event: &Event| println!("{event}"));
///
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = Service::new("shop", &app)
///     .transport(Memory::new())
///     .policy(Policy::new().attempts(5))
///     .policy_for("co.outcome.report.*", Policy::new().timeout(Duration::from_secs(600)))
///     .inbox(MemoryInbox::new())
///     .shutdown_timeout(Duration::from_secs(50))
///     .build()?;
/// # drop(service);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct ServiceBuilder {
    pub(crate) name: String,
    handlers: Vec<BoundHandler>,
    transports: Vec<Arc<dyn Transport>>,
    policies: Policies,
    ack_wait: Duration,
    shutdown_timeout: Duration,
    start: Option<StartPosition>,
    inbox: Option<Arc<dyn Inbox>>,
    layers: Vec<WrapInLayer>,
    outgoing_publisher: Option<Arc<dyn Publisher>>,
    dead_letter_type: Option<String>,
    dead_letter_publisher: Option<Arc<dyn Publisher>>,
    background: Vec<Arc<TaskStatus>>,
}

impl Service {
    /// Creates a builder for a service that runs the handlers of a dispatcher.
    ///
    /// The name is part of the durable name of each subscription: under another name, the service
    /// starts with new subscriptions. It consists of ASCII letters, digits, `_`, and single `-`
    /// between them.
    #[expect(
        clippy::new_ret_no_self,
        reason = "it returns a builder, for `Service::new(..)..build()?`"
    )]
    pub fn new(name: impl Into<String>, dispatcher: &Dispatcher) -> ServiceBuilder {
        ServiceBuilder {
            name: name.into(),
            handlers: BoundHandler::all(dispatcher).collect(),
            transports: Vec::new(),
            policies: Policies::default(),
            ack_wait: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(20),
            start: None,
            inbox: None,
            layers: Vec::new(),
            outgoing_publisher: None,
            dead_letter_type: None,
            dead_letter_publisher: None,
            background: Vec::new(),
        }
    }
}

impl ServiceBuilder {
    /// Adds a transport; every handler receives events from every transport. At least one is
    /// required.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transports.push(Arc::new(transport));
        self
    }

    /// Sets the default policy, for settings that neither the handler nor the event type sets.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policies.service = policy;
        self
    }

    /// Sets the policy for an event type or pattern, for settings that the handler does not set.
    ///
    /// If several policies match, the one that was added first applies. Concurrency, key and
    /// circuit breaker belong to a handler and cannot be set by type.
    pub fn policy_for(mut self, pattern: impl Into<String>, policy: Policy) -> Self {
        self.policies.types.push((pattern.into(), policy));
        self
    }

    /// Sets the time without a progress report after which the transport delivers a message to
    /// another consumer; 30 seconds by default, at least one second, and at most a year.
    ///
    /// The events of a process that died are delivered again after this time. A handler may run for
    /// longer, since the service reports progress on its message.
    pub fn ack_wait(mut self, ack_wait: Duration) -> Self {
        self.ack_wait = ack_wait.clamp(Duration::from_secs(1), FAR_FUTURE);
        self
    }

    /// Sets the time that running handlers have to finish when the service stops; 20 seconds by
    /// default, which fits into the 30 seconds that Kubernetes grants.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// Sets the position at which new subscriptions start, for handlers that do not set one; the
    /// oldest message by default.
    pub fn start(mut self, start: StartPosition) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets the inbox, which records the events that were handled. Without an inbox, an event that
    /// is delivered twice may be handled twice.
    pub fn inbox(mut self, inbox: impl Inbox + 'static) -> Self {
        self.inbox = Some(Arc::new(inbox));
        self
    }

    /// Adds a tower layer around all handlers; the layer that is added first is the outermost.
    ///
    /// A layer wraps each [`Attempt`]. It can change the event, respond without calling the
    /// handler, or fail: its error counts as an error of the handler. All handlers share the layer,
    /// so a limit applies to all of them together.
    ///
    /// ```
    /// use std::task::{Context, Poll};
    /// use std::time::Instant;
    /// use eventkit_service::{Attempt, HandlerService, Service};
    /// use eventkit::transport::BoxFuture;
    /// use eventkit_service::memory::Memory;
    /// use eventkit::{BoxError, Dispatcher, Event, Registry};
    ///
    /// /// Prints how long each attempt takes.
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
    /// SHOP.with_name("log").register("*", |event: &Event| println!("{event}"));
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
            .push(Box::new(move |inner| inner.wrapped_in(&layer)));
        self
    }

    /// Sets the destination of [`Outgoing`](super::Outgoing) events; by default, the transport that
    /// the handled event was received from.
    pub fn outgoing_publisher(mut self, publisher: impl Publisher + 'static) -> Self {
        self.outgoing_publisher = Some(Arc::new(publisher));
        self
    }

    /// Sets the event type of dead letters, which must start with `eventkit.deadletter.`; by
    /// default, this prefix is followed by the name of the service.
    pub fn dead_letter_type(mut self, ty: impl Into<String>) -> Self {
        self.dead_letter_type = Some(ty.into());
        self
    }

    /// Sets the destination of dead letters; by default, the transport that the event was received
    /// from.
    pub fn dead_letter_publisher(mut self, publisher: impl Publisher + 'static) -> Self {
        self.dead_letter_publisher = Some(Arc::new(publisher));
        self
    }

    /// Adds a task that runs alongside the handlers, such as the relay of an outbox.
    ///
    /// If the task ends before the service does, the service continues without it, and is not
    /// [ready](super::ServiceHandle::is_ready); see [`BackgroundTask`].
    pub fn background(mut self, task: impl BackgroundTask + 'static) -> Self {
        self.background.push(Arc::new(TaskStatus::new(task)));
        self
    }

    /// Builds the service; nothing is subscribed to until it runs.
    ///
    /// # Errors
    ///
    /// Returns an error if the configuration has issues; the error lists all of them.
    pub fn build(self) -> Result<Service, ServiceError> {
        let issues = self.issues();
        if !issues.is_empty() {
            return Err(ServiceError::new(&self.name, issues));
        }
        let (draining, aborting) = (CancellationToken::new(), CancellationToken::new());
        let (changes, _) = watch::channel(0);
        let handlers = self.handlers(&changes);
        let letter_type = self
            .dead_letter_type
            .unwrap_or_else(|| names::dead_letter_type(&self.name));
        let permits = |shared: &Arc<SubscriptionShared>| {
            let concurrency = shared.policy.concurrency;
            (Arc::clone(&shared.permits), concurrency)
        };
        let config = Arc::new(ServiceConfig {
            ack_wait: self.ack_wait,
            policies: self.policies,
            suspects: Suspects::new(handlers.iter().map(permits).collect()),
            inbox: self.inbox,
            layers: stacked(self.layers),
        });
        let mut tasks = Vec::new();
        for shared in handlers {
            for transport in &self.transports {
                let publisher = self.outgoing_publisher.clone();
                tasks.push(Arc::new(SubscriptionTask {
                    status: Arc::new(SubscriptionStatus::new(
                        shared.status_source(transport),
                        shared.handler.handler().name(),
                        transport.name().to_owned(),
                        changes.clone(),
                    )),
                    shared: Arc::clone(&shared),
                    config: Arc::clone(&config),
                    publishes_to_transport: publisher.is_none(),
                    publisher: publisher.unwrap_or_else(|| Arc::clone(transport) as _),
                    transport: Arc::clone(transport),
                    dead_letters: DeadLetterSink::new(
                        self.dead_letter_publisher.clone(),
                        transport,
                        &self.name,
                        &letter_type,
                    ),
                    draining: draining.clone(),
                    aborting: aborting.clone(),
                }));
            }
        }
        let statuses = tasks.iter().map(|task| Arc::clone(&task.status));
        Ok(Service {
            handle: ServiceHandle {
                subscriptions: statuses.collect(),
                background: self.background.into(),
                draining,
                changes,
            },
            subscriptions: tasks,
            aborting,
            shutdown_timeout: self.shutdown_timeout,
        })
    }

    /// Returns the state that the subscriptions of each handler share.
    fn handlers(&self, changes: &watch::Sender<u64>) -> Vec<Arc<SubscriptionShared>> {
        let shared = self.handlers.iter().map(|bound| {
            let policy = self.policies.resolve(bound.handler().policy(), None);
            let subscription = self.subscription(bound.handler());
            SubscriptionShared::new(bound.clone(), subscription, policy, changes.clone())
        });
        shared.map(Arc::new).collect()
    }

    fn subscription(&self, handler: &Handler) -> Subscription {
        let policy = self.policies.resolve(handler.policy(), None);
        let mut subscription = subscription::of_handler(&self.name, handler, &policy);
        subscription.ack_wait = self.ack_wait;
        subscription.start = subscription.start.or(self.start);
        subscription
    }

    fn issues(&self) -> Vec<ServiceIssue> {
        let mut issues = Vec::new();
        if !names::is_valid(&self.name) {
            issues.push(ServiceIssue::Name(self.name.clone()));
        }
        if self.transports.is_empty() {
            issues.push(ServiceIssue::NoTransport);
        }
        if self.handlers.is_empty() {
            issues.push(ServiceIssue::NoHandlers);
        }
        self.name_issues(&mut issues);
        self.former_name_issues(&mut issues);
        self.subscription_issues(&mut issues);
        self.publisher_issues(&mut issues);
        for (pattern, policy) in &self.policies.types {
            if let Err(reason) = pattern::check(pattern) {
                let pattern = pattern.clone();
                issues.push(ServiceIssue::Pattern { pattern, reason });
            }
            let settings = policy.settings();
            if settings.concurrency.is_some()
                || settings.key.is_some()
                || settings.circuit_breaker.is_some()
            {
                issues.push(ServiceIssue::NotPerType(pattern.clone()));
            }
        }
        if let Some(ty) = &self.dead_letter_type
            && !names::is_dead_letter_type(ty)
        {
            issues.push(ServiceIssue::DeadLetterType(ty.clone()));
        }
        issues
    }

    fn publisher_issues(&self, issues: &mut Vec<ServiceIssue>) {
        let sends_events = self.handlers.iter().any(BoundHandler::sends_events);
        // Any event may become a dead letter, for instance because of malformed data.
        let publishers = [
            ("dead letters", true, &self.dead_letter_publisher),
            ("outgoing events", sends_events, &self.outgoing_publisher),
        ];
        for transport in &self.transports {
            for (messages, _, publisher) in publishers.iter().filter(|(_, needed, _)| *needed) {
                let checked = match publisher {
                    Some(publisher) => publisher.check_publishing(),
                    None => transport.check_publishing(),
                };
                if let Err(error) = checked {
                    issues.push(ServiceIssue::NoPublisher {
                        transport: transport.name().to_owned(),
                        messages,
                        reason: error.to_string(),
                    });
                }
            }
        }
    }

    fn subscription_issues(&self, issues: &mut Vec<ServiceIssue>) {
        for bound in &self.handlers {
            let subscription = self.subscription(bound.handler());
            for transport in &self.transports {
                if let Err(error) = transport.check_subscription(&subscription) {
                    issues.push(ServiceIssue::Subscription {
                        name: subscription.name.clone(),
                        transport: transport.name().to_owned(),
                        reason: error.to_string(),
                    });
                }
            }
        }
    }

    /// Finds former names of a handler that are also current or former names of another one.
    fn former_name_issues(&self, issues: &mut Vec<ServiceIssue>) {
        let handlers = self.handlers.iter().map(BoundHandler::handler);
        let names = handlers
            .clone()
            .map(|handler| (names::durable(&self.name, handler), handler));
        let mut owners: HashMap<String, &Handler> = names.collect();
        for handler in handlers {
            for name in handler.former_names() {
                if !names::is_valid(name) {
                    issues.push(ServiceIssue::Name((*name).to_owned()));
                    continue;
                }
                let name = names::of_handler(&self.name, name);
                if let Some(first) = owners.get(&name) {
                    issues.push(ServiceIssue::SameFormerName {
                        first: first.to_string(),
                        second: handler.to_string(),
                        name,
                    });
                } else {
                    owners.insert(name, handler);
                }
            }
        }
    }

    fn name_issues(&self, issues: &mut Vec<ServiceIssue>) {
        let mut by_name: HashMap<String, String> = HashMap::new();
        for bound in &self.handlers {
            let handler = bound.handler();
            match handler.durable_name() {
                Some(name) if !names::is_valid(name) => {
                    issues.push(ServiceIssue::Name(name.to_owned()));
                }
                None if bound.is_registered_at_run_time() => {
                    issues.push(ServiceIssue::Unnamed(handler.to_string()));
                    continue;
                }
                _ => {}
            }
            let name = names::durable(&self.name, handler);
            if let Some(first) = by_name.insert(name.clone(), handler.to_string()) {
                let second = handler.to_string();
                issues.push(ServiceIssue::SameName {
                    name,
                    first,
                    second,
                });
            }
        }
    }
}

/// Stacks layers around the handler, the first one outermost.
fn stacked(layers: Vec<WrapInLayer>) -> HandlerService {
    let handler = HandlerService::default();
    let outwards = layers.into_iter().rev();
    outwards.fold(handler, |inner, wrap| wrap(inner))
}

impl fmt::Debug for ServiceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceBuilder")
            .field("name", &self.name)
            .field("transports", &self.transports)
            .finish_non_exhaustive()
    }
}
