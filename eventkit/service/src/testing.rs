//! An in-memory service, for tests of handlers together with retries, dead letters and outgoing
//! events.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use super::ServiceBuilder;
use super::dead_letter::DeadLetter;
use super::dead_letters::DeadLetters;
use super::error::{RunError, ServiceError};
use super::health::Health;
use super::memory::{Faults, Memory};
use super::service::{ServiceHandle, ShutdownReport};
use eventkit::event::Event;
use eventkit::transport::{
    BoxFuture, Published, Publisher, RawMessage, TransportError, TransportErrorKind,
};
use eventkit::{CloudEvent, DecodeError, EventSet, ToEvent};

/// The delay before publishing again after a fault refused an event.
const PUBLISH_RETRY_DELAY: Duration = Duration::from_millis(100);

/// A service that runs on an in-memory transport.
///
/// In a test with `#[tokio::test(start_paused = true)]`, hours of retries pass in no time. Outgoing
/// events are recorded, and delivered to the handlers of the service that select them.
///
/// ```
/// use eventkit::{BoxError, CloudEvent, Dispatcher, Policy, Registry, handles};
/// use eventkit_service::Service;
/// use eventkit_service::testing::TestService;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
/// struct OrderPlaced { order_id: String }
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.shipped", source = "/shop")]
/// struct OrderShipped { order_id: String }
///
/// static SHOP: Registry = Registry::new("shop");
///
/// #[handles(registry = SHOP)]
/// async fn ship(order: OrderPlaced) -> Result<OrderShipped, BoxError> {
///     if order.order_id.is_empty() {
///         return Err("no order".into());
///     }
///     Ok(OrderShipped { order_id: order.order_id })
/// }
///
/// // The body of a `#[tokio::test(start_paused = true)]`:
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = TestService::start(Service::new("shop", &app).policy(Policy::new().attempts(5)))?;
///
/// service.publish(&OrderPlaced { order_id: "A-1".into() }).await?;
/// service.publish(&OrderPlaced { order_id: "".into() }).await?;
/// service.settled().await;
///
/// assert_eq!(service.published::<OrderShipped>()?, [OrderShipped { order_id: "A-1".into() }]);
/// let letters = service.dead_letters().await?;
/// assert_eq!((letters.len(), letters[0].attempts), (1, 5));
/// # Ok::<(), BoxError>(())
/// # })?;
/// # Ok::<(), BoxError>(())
/// ```
///
/// A unit test of a single handler does not need this: a handler is a function, so call it.
#[derive(Debug)]
pub struct TestService {
    name: String,
    memory: Memory,
    faults: Option<Faults>,
    outgoing: RecordingPublisher,
    handle: ServiceHandle,
    running: AbortOnDropHandle<Result<ShutdownReport, RunError>>,
}

impl TestService {
    /// Starts a service on an in-memory transport; the builder needs no transport.
    ///
    /// # Errors
    ///
    /// Returns an error if the service cannot be built.
    ///
    /// # Panics
    ///
    /// Panics if it is called outside a tokio runtime.
    pub fn start(service: ServiceBuilder) -> Result<Self, ServiceError> {
        Self::run(service, None)
    }

    /// Starts a service on an in-memory transport with faults; runs with the same seed have the
    /// same faults.
    ///
    /// # Errors
    ///
    /// Returns an error if the service cannot be built.
    ///
    /// # Panics
    ///
    /// Panics if it is called outside a tokio runtime.
    pub fn start_with_faults(
        service: ServiceBuilder,
        faults: Faults,
    ) -> Result<Self, ServiceError> {
        Self::run(service, Some(faults))
    }

    fn run(service: ServiceBuilder, faults: Option<Faults>) -> Result<Self, ServiceError> {
        let memory = Memory::new();
        if let Some(faults) = &faults {
            memory.set_faults(faults.clone());
        }
        let outgoing = RecordingPublisher {
            memory: memory.clone(),
            events: Arc::default(),
        };
        let name = service.name.clone();
        let service = service
            .transport(memory.clone())
            .outgoing_publisher(outgoing.clone())
            .build()?;
        Ok(Self {
            name,
            memory,
            faults,
            outgoing,
            handle: service.handle(),
            running: AbortOnDropHandle::new(tokio::spawn(service.run_until(pending()))),
        })
    }

    /// Publishes an event or a typed value, and retries as long as a fault refuses it.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the transport rejects it.
    pub async fn publish<E: ToEvent + ?Sized>(&self, event: &E) -> Result<(), TransportError> {
        let event = event.to_event_cow().map_err(|error| {
            TransportError::rejected("failed to encode the event").with_source(error)
        })?;
        loop {
            match self.memory.publish_event(&event).await {
                Err(error) if error.kind() == TransportErrorKind::Unavailable => {
                    sleep(PUBLISH_RETRY_DELAY).await;
                }
                published => return published.map(drop),
            }
        }
    }

    /// Waits until all messages are settled, including those that wait for a retry.
    pub async fn settled(&self) -> Health {
        // A message whose acknowledgement was lost is neither handled nor waiting here, but is
        // delivered again.
        let is_over = |health: &Health| {
            let mut subscriptions = health.subscriptions.iter();
            health.is_idle() && subscriptions.all(|own| self.memory.unsettled(&own.name) == 0)
        };
        self.handle.wait_for(is_over).await
    }

    /// Returns the events of a type that the handlers have published, in order.
    ///
    /// # Errors
    ///
    /// Returns an error if an event cannot be decoded.
    pub fn published<T: CloudEvent>(&self) -> Result<Vec<T>, DecodeError> {
        // An enum with a variant for other events takes those of all types.
        let types = <T as EventSet>::TYPES;
        let is_taken = |event: &&Event| types == ["*"] || types.contains(&event.ty());
        let events = self.published_events();
        events.iter().filter(is_taken).map(T::from_event).collect()
    }

    /// Returns all events that the handlers have published, in order.
    #[must_use]
    pub fn published_events(&self) -> Vec<Event> {
        self.outgoing.events().clone()
    }

    /// Returns the dead letters without removing them; faults do not affect this.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport fails.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, TransportError> {
        let Some(faults) = &self.faults else {
            return self.letters().list().await;
        };
        self.memory.set_faults(Faults::seeded(0));
        let letters = self.letters().list().await;
        self.memory.set_faults(faults.clone());
        letters
    }

    /// Returns access to the dead letters, for instance to replay or delete them.
    #[must_use]
    pub fn letters(&self) -> DeadLetters<Memory> {
        DeadLetters::new(self.memory.clone(), self.name.clone())
    }

    /// Returns the transport.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Returns the handle of the service.
    #[must_use]
    pub fn handle(&self) -> &ServiceHandle {
        &self.handle
    }

    /// Stops the service gracefully.
    ///
    /// # Errors
    ///
    /// Returns an error if the service failed to run.
    ///
    /// # Panics
    ///
    /// Panics if the service panicked.
    pub async fn stop(self) -> Result<ShutdownReport, RunError> {
        self.handle.stop();
        match self.running.await {
            Ok(ended) => ended,
            Err(error) => panic!("the service panicked: {error}"),
        }
    }
}

/// A publisher for outgoing events that records those that are stored.
#[derive(Debug, Clone)]
struct RecordingPublisher {
    memory: Memory,
    events: Arc<Mutex<Vec<Event>>>,
}

impl RecordingPublisher {
    fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records an event, only once if a handler publishes it again after a retry.
    fn record(&self, event: &Event) {
        let mut events = self.events();
        let is_recorded = |own: &Event| own.id() == event.id() && own.source() == event.source();
        if !events.iter().any(is_recorded) {
            events.push(event.clone());
        }
    }
}

impl Publisher for RecordingPublisher {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            let published = self.memory.publish_event(event).await?;
            self.record(event);
            Ok(published)
        })
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        self.memory.publish_raw(ty, message)
    }
}
