//! The handle of a service.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::health::Health;
use super::status::SubscriptionStatus;

/// A handle that observes a service and stops it; clones belong to the same service.
///
/// ```
/// use eventkit_service::Service;
/// use eventkit_service::memory::Memory;
/// use eventkit::{Dispatcher, Event, Registry};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.with_name("log").register("*", |event: &Event| println!("{event}"));
///
/// let memory = Memory::new();
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = Service::new("shop", &app).transport(memory.clone()).build()?;
/// let handle = service.handle();
/// let running = tokio::spawn(service.run_until(std::future::pending()));
///
/// handle.ready().await;
/// memory.publish(&Event::builder().source("/shop").ty("opened").build()?).await?;
/// while handle.health().counters().succeeded == 0 {
///     tokio::task::yield_now().await;
/// }
/// assert!(handle.is_ready());
/// assert_eq!(handle.health().subscriptions[0].name, "shop--log");
///
/// handle.stop();
/// assert_eq!(running.await??.released, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ServiceHandle(Arc<HandleState>);

/// The state that a service shares with its handles.
#[derive(Debug)]
struct HandleState {
    subscriptions: Vec<Arc<SubscriptionStatus>>,
    /// Cancelled when the service receives no more messages and starts no more handlers.
    draining: CancellationToken,
    /// Counts changes of a status, for tasks that wait for one.
    changes: watch::Sender<u64>,
}

impl ServiceHandle {
    pub(crate) fn new(
        subscriptions: Vec<Arc<SubscriptionStatus>>,
        draining: CancellationToken,
        changes: watch::Sender<u64>,
    ) -> Self {
        Self(Arc::new(HandleState {
            subscriptions,
            draining,
            changes,
        }))
    }

    /// Returns the current health.
    #[must_use]
    pub fn health(&self) -> Health {
        let subscriptions = self.0.subscriptions.iter();
        Health {
            subscriptions: subscriptions.map(|status| status.health()).collect(),
        }
    }

    /// Returns whether all subscriptions receive events and can store dead letters.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.health().is_ready()
    }

    /// Waits until the health satisfies a predicate, and returns it.
    ///
    /// The health is checked whenever a subscription changes its state or has an error. A change of
    /// counters alone is not noticed.
    pub async fn wait_for(&self, mut predicate: impl FnMut(&Health) -> bool) -> Health {
        let mut changes = self.0.changes.subscribe();
        loop {
            changes.borrow_and_update();
            let health = self.health();
            if predicate(&health) || changes.changed().await.is_err() {
                return health;
            }
        }
    }

    /// Waits until the service is ready.
    pub async fn ready(&self) {
        self.wait_for(Health::is_ready).await;
    }

    /// Begins to drain the service, as the future of
    /// [`run_until`](super::Service::run_until) does when it completes.
    pub fn stop(&self) {
        self.0.draining.cancel();
    }

    /// Waits until the service is asked to stop.
    pub(crate) async fn stopped(&self) {
        self.0.draining.cancelled().await;
    }
}
