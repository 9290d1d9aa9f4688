//! The subscription of one handler on one transport.

use std::future::poll_fn;
use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::circuit_breaker::CircuitBreaker;
use super::counters::Counter;
use super::dead_letter_sink::DeadLetterSink;
use super::handler::{HandlerService, NamedHandler};
use super::inbox::Inbox;
use super::keyed_lock::{KeyGuard, KeyedLock, LockKey};
use super::names;
use super::policy::{Policies, ResolvedPolicy};
use super::recent_events::RecentEvents;
use super::status::{StatusSource, SubscriptionStatus};
use super::suspects::Suspects;
use eventkit::__private::service::{BoundHandler, OrderKey};
use eventkit::Handler;
use eventkit::event::Event;
use eventkit::transport::{Incoming, Publisher, Subscription, Transport};

/// The minimum number of messages in flight. A larger minimum would let a slow handler keep
/// messages from an idle process.
const MIN_IN_FLIGHT: usize = 4;

/// The configuration shared by all handlers of a service.
#[derive(Debug)]
pub(crate) struct ServiceConfig {
    pub(crate) ack_wait: Duration,
    pub(crate) policies: Policies,
    pub(crate) suspects: Suspects,
    pub(crate) inbox: Option<Arc<dyn Inbox>>,
    /// The layers around every handler.
    pub(crate) layers: HandlerService,
}

/// The state shared by the subscriptions of one handler on several transports.
#[derive(Debug)]
pub(crate) struct SubscriptionShared {
    pub(crate) handler: Arc<NamedHandler>,
    pub(crate) subscription: Subscription,
    pub(crate) policy: ResolvedPolicy,
    pub(crate) permits: Arc<Semaphore>,
    /// The number of events that a sync handler is still working on after its timeout.
    pub(crate) overdue: Arc<Counter>,
    pub(crate) circuit_breaker: Option<CircuitBreaker>,
    recent_events: Mutex<RecentEvents>,
}

/// The subscription of one handler on one transport.
pub(crate) struct SubscriptionTask {
    pub(crate) shared: Arc<SubscriptionShared>,
    pub(crate) config: Arc<ServiceConfig>,
    pub(crate) transport: Arc<dyn Transport>,
    /// The destination of outgoing events.
    pub(crate) publisher: Arc<dyn Publisher>,
    /// Whether `publisher` is the transport itself.
    pub(crate) publishes_to_transport: bool,
    pub(crate) dead_letters: DeadLetterSink,
    pub(crate) status: Arc<SubscriptionStatus>,
    /// Cancelled once the service stops receiving messages and starting handlers.
    pub(crate) draining: CancellationToken,
    /// Cancelled once messages of running handlers are released.
    pub(crate) aborting: CancellationToken,
}

/// Returns the subscription of a handler: its event types, and the type of its replays.
///
/// A few more messages are in flight than handlers can run, so that the next message is available
/// while earlier ones are acknowledged. With an ordering key there are more, so that a slow key
/// does not block others.
pub(crate) fn of_handler(
    service: &str,
    handler: &Handler,
    policy: &ResolvedPolicy,
) -> Subscription {
    let durable = names::durable(service, handler);
    let former = handler.former_names().iter();
    let former: Vec<String> = former
        .map(|name| names::of_handler(service, name))
        .collect();
    let types = handler.patterns().map(str::to_owned);
    let names = iter::once(&durable).chain(&former);
    let replays = names.map(|name| names::replay_type(name));
    let patterns: Vec<String> = types.chain(replays).collect();
    let mut subscription = Subscription::new(durable, patterns);
    let factor = if policy.key.is_some() { 4 } else { 2 };
    let max_in_flight = (policy.concurrency as usize).saturating_mul(factor);
    subscription.max_in_flight = max_in_flight.max(MIN_IN_FLIGHT);
    subscription.formerly = former;
    subscription.start = handler.start();
    subscription.filter = handler.filter().map(ToString::to_string);
    subscription.keeps_order = policy.key.is_some();
    subscription
}

impl SubscriptionShared {
    pub(crate) fn new(
        bound: BoundHandler,
        subscription: Subscription,
        policy: ResolvedPolicy,
        changes: watch::Sender<u64>,
    ) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(policy.concurrency as usize)),
            overdue: Arc::new(Counter::new(changes)),
            circuit_breaker: policy
                .circuit_breaker
                .map(|(failures, timeout)| CircuitBreaker::new(failures, timeout)),
            recent_events: Mutex::new(RecentEvents::new()),
            policy,
            handler: Arc::new(NamedHandler::new(bound, &subscription)),
            subscription,
        }
    }

    /// Returns the sources of the health of the subscription on a transport.
    pub(crate) fn status_source(&self, transport: &Arc<dyn Transport>) -> StatusSource {
        StatusSource {
            subscription: self.subscription.clone(),
            transport: Arc::downgrade(transport),
            overdue: Arc::clone(&self.overdue),
            concurrency: self.policy.concurrency,
        }
    }

    pub(crate) fn recent_events(&self) -> MutexGuard<'_, RecentEvents> {
        let events = self.recent_events.lock();
        events.unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the queue of a message's key. Without an ordering key, the key is the event itself:
    /// after a lost connection it may be delivered again while it is being handled.
    pub(crate) fn enqueue(&self, lock: &Arc<KeyedLock>, incoming: &Incoming) -> KeyGuard {
        let Ok(event) = &incoming.event else {
            return lock.enqueue(None, None);
        };
        let ordering = self
            .policy
            .key
            .and_then(|key| self.ordering_key(key, event));
        let itself = LockKey::Event(event.source(), event.id());
        let key = ordering.as_deref().map_or(itself, LockKey::Ordering);
        lock.enqueue(Some(key), incoming.metadata.position)
    }

    fn ordering_key(&self, key: OrderKey, event: &Event) -> Option<String> {
        // The key function of the user may panic; the event then has no ordering key.
        catch_unwind(AssertUnwindSafe(|| key.of(event))).unwrap_or_else(|_| {
            let handler = self.handler.handler().name();
            tracing::error!(handler, id = event.id(), "the key function panicked");
            None
        })
    }

    /// Returns whether a message is addressed to the handler. A message of a reserved event type
    /// must be a replay for the handler, and an event must match by its type. Any other message is
    /// addressed to all subscriptions that receive it.
    ///
    /// Wide patterns such as `*` also match the types of dead letters and of replays for other
    /// handlers.
    pub(crate) fn is_addressed_to(&self, incoming: &Incoming) -> bool {
        match (&incoming.reserved, &incoming.event) {
            (Some(reserved), _) => {
                let former = self.subscription.formerly.iter().map(String::as_str);
                iter::once(self.handler.durable())
                    .chain(former)
                    .any(|name| names::is_replay_type(&reserved.ty, name))
            }
            (None, Ok(event)) => self.handler.handler().handles(event.ty()),
            (None, Err(_)) => true,
        }
    }
}

impl SubscriptionTask {
    /// Returns the policy that applies to an event.
    pub(crate) fn policy(&self, event: &Event) -> ResolvedPolicy {
        if self.config.policies.types.is_empty() {
            return self.shared.policy;
        }
        let handler = self.shared.handler.handler().policy();
        self.config.policies.resolve(handler, Some(event.ty()))
    }

    /// Runs a future until it completes or the service drains. If both happen at once, the drain
    /// wins, so that a message that was released is not received again.
    pub(crate) async fn unless_draining<F: Future>(&self, future: F) -> Option<F::Output> {
        let (mut future, mut drained) = (pin!(future), pin!(self.draining.cancelled()));
        poll_fn(|context| {
            if self.draining.is_cancelled() {
                return Poll::Ready(None);
            }
            match future.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                // Polled only now: most futures complete at once and never wait for the drain.
                Poll::Pending => drained.as_mut().poll(context).map(|()| None),
            }
        })
        .await
    }
}
