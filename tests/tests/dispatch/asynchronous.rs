//! Async handlers, and sync ones beside them.

use eventkit::extract::Id;
use eventkit::{DispatchError, Registry, handles};

use super::{Log, OrderPlaced, placed};

static MIXED: Registry = Registry::new("mixed");
static LOG: Log = Log::new();

#[handles(registry = MIXED, order = 1)]
async fn first(order: &OrderPlaced, Id(id): Id<'_>) {
    tokio::task::yield_now().await;
    LOG.note(format!("first {} {}", order.order_id, id.len()));
}

#[handles(registry = MIXED, order = 2)]
fn second(order: &OrderPlaced) {
    LOG.note(format!("second {}", order.order_id));
}

#[handles(registry = MIXED, order = 3)]
async fn third(order: OrderPlaced) -> Result<(), String> {
    tokio::task::yield_now().await;
    Err(format!("no {}", order.order_id))
}

#[handles(registry = MIXED, order = 4)]
async fn fourth(order: OrderPlaced) {
    tokio::task::yield_now().await;
    panic!("fourth cannot do {}", order.order_id);
}

#[handles(registry = MIXED, order = 5)]
async fn fifth(_order: &OrderPlaced) {
    LOG.note("fifth");
}

#[tokio::test]
async fn handlers_run_one_after_another_and_fail_alone() {
    let error = MIXED.dispatch_async(&placed()).await.unwrap_err();
    assert_eq!(LOG.take(), ["first A-1 36", "second A-1", "fifth"]);
    let report = error.report().unwrap();
    let lines: Vec<String> = report
        .failures()
        .map(|(handler, failure)| format!("{} {failure}", handler.name()))
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].ends_with("::asynchronous::third no A-1"),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].ends_with("::asynchronous::fourth panicked: fourth cannot do A-1"),
        "{}",
        lines[1]
    );
}

#[test]
fn a_sync_dispatch_refuses_before_anything_has_run() {
    static CALLED: Log = Log::new();
    let registry = Registry::new("refusing");
    registry.register_typed(|_: &OrderPlaced| CALLED.note("ran"));
    registry.register_typed_async(|_: OrderPlaced| async {});
    let error = registry.dispatch(&placed()).unwrap_err();
    assert!(matches!(error, DispatchError::AsyncHandler { .. }));
    assert!(
        error.to_string().contains("use `dispatch_async`"),
        "{error}"
    );
    assert!(CALLED.take().is_empty());
}

#[tokio::test]
async fn the_future_of_a_dispatch_can_be_spawned() {
    static SPAWNED: Registry = Registry::new("spawned");
    SPAWNED.register_typed_async(|_: OrderPlaced| async { Err::<(), _>("no") });
    let task = tokio::spawn(async { SPAWNED.dispatch_async(&placed()).await.is_err() });
    assert!(task.await.unwrap());
}

#[tokio::test]
async fn closures_can_be_async() -> Result<(), Box<dyn std::error::Error>> {
    static SEEN: Log = Log::new();
    let registry = Registry::new("closures");
    registry.register_async("co.outcome.*", async |event: eventkit::Event| {
        SEEN.note(event.ty());
    });
    registry.register_typed_async(async |order: OrderPlaced| SEEN.note(order.order_id));
    assert_eq!(registry.dispatch_async(&placed()).await?.len(), 2);
    assert_eq!(SEEN.take(), ["co.outcome.order.placed", "A-1"]);
    Ok(())
}
