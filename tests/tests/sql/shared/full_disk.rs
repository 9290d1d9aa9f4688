//! A service while the disk of its database is full.

use eventkit::{Dispatcher, Policy, Registry};
use eventkit_service::Service;
use eventkit_service::memory::Memory;
use eventkit_sql::{Relay, SqlStore};
use tokio::time::timeout;

use super::Db;
use super::units::payment;
use crate::recorded::{PATIENCE, Recorded};

/// Checks that five payments wait while the disk is full, with a health that says so, and are handled when
/// there is room.
pub(super) async fn check(
    case: &str,
    registry: &'static Registry,
    store: SqlStore<Db>,
    said: &str,
    set_full: impl AsyncFn(bool),
) {
    let app = Dispatcher::new(registry).state(store.clone());
    let (memory, published) = (Memory::new(), Recorded::default());
    let service = Service::new("bank", &app.build().unwrap())
        .transport(memory.clone())
        .policy(Policy::new().attempts(1))
        .background(Relay::new(store, published.clone()))
        .build()
        .unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    handle.ready().await;
    set_full(true).await;
    for number in 0..5 {
        let payment = payment(&number.to_string(), 1);
        memory.publish(&payment).await.unwrap();
    }
    let waiting = handle.wait_for(|health| !health.is_ready());
    let health = timeout(PATIENCE, waiting).await.unwrap().to_string();
    assert!(health.contains(said), "{case}: {health}");
    set_full(false).await;
    let settled = handle.wait_for(|health| health.is_idle() && health.is_ready());
    let settled = timeout(PATIENCE, settled).await;
    let settled = settled.unwrap_or_else(|_| panic!("{case}: {}", handle.health()));
    let counters = settled.counters();
    assert_eq!(counters.succeeded, 5, "{case}: {counters:?}");
    published.until(5).await;
    handle.stop();
    running.await.unwrap().unwrap();
    assert_eq!(published.ids().len(), 5, "{case}");
}
