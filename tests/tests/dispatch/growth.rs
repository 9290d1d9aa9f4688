//! Registries that change while they are in use, and rare cases of dispatch.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use eventkit::{
    CloudEvent, DispatchError, Dispatcher, DispatcherError, Event, Registry, handlers, handles,
};
use serde::{Deserialize, Serialize};

use super::{OrderPlaced, placed};

static NOBODY: Registry = Registry::new("nobody's");

#[handles(registry = NOBODY)]
fn sync_one(_order: &OrderPlaced) {}

#[handles(registry = NOBODY)]
async fn small(_order: &OrderPlaced) {}

/// A handler whose future is large.
#[handles(registry = NOBODY)]
async fn large(order: OrderPlaced) -> Result<(), String> {
    let block = [order.total_cents; 1_000];
    tokio::task::yield_now().await;
    Err(format!("{} times {}", block.len(), block[999]))
}

#[handles(registry = NOBODY)]
async fn panics(_order: &OrderPlaced) {
    panic!("on the first poll");
}

#[test]
fn handlers_can_be_registered_between_dispatches() {
    let registry = Registry::new("growing");
    let ran = Arc::new(AtomicUsize::new(0));
    for expected in 1..=40 {
        let counter = Arc::clone(&ran);
        registry.register_typed(move |_: &OrderPlaced| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        ran.store(0, Ordering::Relaxed);
        assert_eq!(registry.dispatch(&placed()).unwrap().len(), expected);
        assert_eq!(ran.load(Ordering::Relaxed), expected);
    }
    let counted = Arc::downgrade(&ran);
    drop((registry, ran));
    assert_eq!(
        counted.strong_count(),
        0,
        "closures should be dropped with their registry"
    );
}

#[test]
fn a_dispatch_sees_all_handlers_registered_before_it() {
    static SHARED: Registry = Registry::new("shared by threads");
    let start = Barrier::new(3);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                let mut before = 0;
                while before < 30 {
                    let now = SHARED.dispatch(&placed()).unwrap().len();
                    assert!(now >= before, "{now} after {before}");
                    before = now;
                }
            });
        }
        start.wait();
        for expected in 1..=30 {
            SHARED.register_typed(|_: &OrderPlaced| {});
            assert_eq!(SHARED.dispatch(&placed()).unwrap().len(), expected);
        }
    });
}

#[test]
fn a_report_outlives_its_registry() {
    let registry = Registry::new("short-lived");
    registry.add(handlers![sync_one]);
    let of_functions = registry.dispatch(&placed()).unwrap();
    registry.register_typed(|_: &OrderPlaced| Err::<(), _>("no"));
    let of_closures = registry.dispatch(&placed()).unwrap_err();
    drop(registry);
    assert!(of_functions.to_string().contains("::growth::sync_one "));
    assert_eq!(of_closures.report().unwrap().failures().count(), 1);
}

#[test]
fn reports_of_many_threads_keep_closures_alive_until_they_are_dropped() {
    let registry = Registry::new("many threads");
    let ran = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&ran);
    registry.register_typed(move |_: &OrderPlaced| {
        counter.fetch_add(1, Ordering::Relaxed);
        Err::<(), _>("no")
    });
    let dispatch = || registry.dispatch(&placed()).unwrap_err();
    let errors: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..40).map(|_| scope.spawn(dispatch)).collect();
        let threads = threads.into_iter();
        threads.map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(ran.load(Ordering::Relaxed), 40);
    let left = Arc::downgrade(&ran);
    drop((registry, ran));
    assert_eq!(
        left.strong_count(),
        1,
        "the reports should keep the closure alive"
    );
    for error in &errors {
        assert_eq!(error.report().unwrap().failures().count(), 1);
    }
    drop(errors);
    assert_eq!(left.strong_count(), 0);
}

#[tokio::test]
async fn small_and_large_futures_run_in_sequence() {
    let registry = Registry::new("sizes");
    registry.add(handlers![sync_one, small, large, panics]);
    let event = placed().to_event().unwrap();
    assert_failures(registry.dispatch_async(&event).await.unwrap_err());
    assert_failures(registry.dispatch_async(&placed()).await.unwrap_err());
}

fn assert_failures(error: eventkit::DispatchError) {
    let report = error.report().unwrap();
    assert_eq!(report.len(), 4);
    let failures: Vec<String> = report
        .failures()
        .map(|(_, failure)| failure.to_string())
        .collect();
    let cents = placed().total_cents;
    assert_eq!(
        failures,
        [
            format!("1000 times {cents}"),
            "panicked: on the first poll".to_owned()
        ]
    );
}

#[tokio::test]
async fn a_closure_that_panics_before_it_returns_a_future_only_fails_itself() {
    let registry = Registry::new("panics early");
    registry.register_typed_async(|order: OrderPlaced| {
        assert!(order.order_id.is_empty(), "not even a future");
        async {}
    });
    registry.register_typed_async(|_: OrderPlaced| async {});
    let error = registry.dispatch_async(&placed()).await.unwrap_err();
    let report = error.report().unwrap();
    let failures: Vec<String> = report.failures().map(|(_, why)| why.to_string()).collect();
    assert_eq!(failures, ["panicked: not even a future"]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/other")]
struct Twin {
    order_id: String,
}

#[derive(Debug, Clone, CloudEvent)]
enum AnyTwin {
    Twin(Twin),
}

#[test]
fn different_rust_types_of_one_event_type_are_refused_before_the_first_handler() {
    let registry = Registry::new("twins");
    registry.register_typed(|_: &OrderPlaced| Err::<(), _>("placed"));
    registry.register_typed(|_: &AnyOrder| Err::<(), _>("any"));
    registry.register("*", |_: &Event| {});
    let expected = ["placed", "any"];
    assert_eq!(failures(&registry, &placed()), expected);

    registry.register_typed(|_: &AnyTwin| Err::<(), _>("twin"));
    let refused = |error: DispatchError| {
        let DispatchError::TwoTypes { ty, first, second } = &error else {
            panic!("{error}");
        };
        assert_eq!(ty, OrderPlaced::TYPE);
        assert!(first.ends_with("::OrderPlaced") && second.ends_with("::Twin"));
        let text = error.to_string();
        assert!(text.contains("take one type"), "{text}");
    };
    let twin = Twin {
        order_id: "A-1".into(),
    };
    refused(registry.dispatch(&placed()).unwrap_err());
    refused(
        registry
            .dispatch(&placed().to_event().unwrap())
            .unwrap_err(),
    );
    refused(registry.dispatch(&AnyOrder::Placed(placed())).unwrap_err());
    refused(registry.dispatch(&twin).unwrap_err());
    registry.dispatch(&super::cancelled()).unwrap();

    let Err(DispatcherError::TwoTypes(conflicts)) = Dispatcher::new(&registry).build() else {
        panic!("a dispatcher with two Rust types should not be built");
    };
    assert_eq!(conflicts.len(), 1);
    assert!(
        conflicts[0].contains("co.outcome.order.placed"),
        "{}",
        conflicts[0]
    );
}

#[derive(Debug, Clone, CloudEvent)]
enum AnyOrder {
    Placed(OrderPlaced),
}

fn failures<E: eventkit::Dispatch>(registry: &Registry, event: &E) -> Vec<String> {
    let error = registry.dispatch(event).unwrap_err();
    let failures = error.report().unwrap().failures();
    failures.map(|(_, failure)| failure.to_string()).collect()
}

#[test]
fn patterns_match_types_that_no_handler_names() {
    let registry = Registry::new("patterns alone");
    registry.register("org.*", |_: &Event| {});
    registry.register_typed(|_: &OrderPlaced| {});
    registry.register("*", |_: &Event| {});
    let of = |ty: &str| {
        let event = Event::builder().source("/s").ty(ty).data_json(&placed());
        let event = event.unwrap().build().unwrap();
        registry.dispatch(&event).unwrap().len()
    };
    assert_eq!(of("org.example.made"), 2);
    assert_eq!(of("net.example.made"), 1);
    assert_eq!(of("co.outcome.order.placed"), 2);
}
