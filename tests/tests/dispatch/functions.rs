//! Many functions that only take the event, some of which fail.

use std::task::{Context, Poll, Waker};

use eventkit::{CloudEvent, DispatchError, Registry, Report, handles};

use super::{OrderEvent, OrderPlaced, placed};

static SYNC: Registry = Registry::new("sync functions");
static ASYNC: Registry = Registry::new("async functions");

/// Defines a sync and an async handler for each number. The third and eighth fail; the fourth,
/// fifth and ninth panic.
macro_rules! functions {
    ($($number:literal $sync:ident $asynchronous:ident)*) => {$(
        #[handles(registry = SYNC, order = $number)]
        fn $sync(order: &OrderPlaced) -> Result<(), String> {
            outcome($number, order)
        }

        #[handles(registry = ASYNC, order = $number)]
        async fn $asynchronous(order: &OrderPlaced) -> Result<(), String> {
            std::future::ready(()).await;
            outcome($number, order)
        }
    )*};
}

functions! {
    1 one one_async 2 two two_async 3 three three_async 4 four four_async 5 five five_async
    6 six six_async 7 seven seven_async 8 eight eight_async 9 nine nine_async
}

fn outcome(number: i32, order: &OrderPlaced) -> Result<(), String> {
    match number {
        3 | 8 => Err(format!("{number} fails on {}", order.order_id)),
        4 | 5 | 9 => panic!("{number} panics on {}", order.order_id),
        _ => Ok(()),
    }
}

const FAILURES: [&str; 5] = [
    "3 fails on A-1",
    "panicked: 4 panics on A-1",
    "panicked: 5 panics on A-1",
    "8 fails on A-1",
    "panicked: 9 panics on A-1",
];

fn assert_failed(outcome: Result<Report, DispatchError>, functions: [&str; 5]) {
    let error = outcome.unwrap_err();
    let report = error.report().unwrap();
    assert_eq!(report.len(), 9);
    let failures: Vec<String> = report.failures().map(|(_, own)| own.to_string()).collect();
    assert_eq!(failures, FAILURES);
    let names = report.failures().map(|(handler, _)| handler.name());
    let names: Vec<&str> = names.filter_map(|name| name.rsplit("::").next()).collect();
    assert_eq!(names, functions);
}

#[test]
fn failing_and_panicking_functions_do_not_affect_others() {
    let functions = ["three", "four", "five", "eight", "nine"];
    assert_failed(SYNC.dispatch(&placed()), functions);
    assert_failed(SYNC.dispatch(&OrderEvent::Placed(placed())), functions);
    assert_failed(SYNC.dispatch(&placed().to_event().unwrap()), functions);
}

#[test]
fn failing_and_panicking_async_functions_do_not_affect_others() {
    let functions = [
        "three_async",
        "four_async",
        "five_async",
        "eight_async",
        "nine_async",
    ];
    let order = placed();
    let mut dispatch = Box::pin(ASYNC.dispatch_async(&order));
    match dispatch
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(outcome) => assert_failed(outcome, functions),
        Poll::Pending => panic!("all futures should be ready on the first poll"),
    }
}
