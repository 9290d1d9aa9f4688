//! Dispatch to few and many handlers, by Rust type and by event type.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use eventkit::{Event, Registry, handles};

use crate::case::Case;
use crate::events::OrderPlaced;
use crate::messages;

/// The error of an order that is too large, which does not occur.
#[derive(Debug)]
pub struct TooLarge;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the order is too large")
    }
}

impl std::error::Error for TooLarge {}

/// The work of every handler, which is as little as possible, with a result.
///
/// # Errors
///
/// Returns no error for the orders of the cases.
#[inline(never)]
pub fn handle(order: &OrderPlaced) -> Result<(), TooLarge> {
    if black_box(order.total_cents) > u64::MAX / 2 {
        return Err(TooLarge);
    }
    Ok(())
}

static ONE: Registry = Registry::new("one");
/// A registry with three functions for an order.
pub static THREE: Registry = Registry::new("three");
static THREE_ASYNC: Registry = Registry::new("three, async");
static ONE_ON_WIRE: Registry = Registry::new("one on the wire");

#[handles(registry = ONE)]
fn only(order: &OrderPlaced) -> Result<(), TooLarge> {
    handle(order)
}

#[handles(registry = THREE)]
fn first(order: &OrderPlaced) -> Result<(), TooLarge> {
    handle(order)
}

#[handles(registry = THREE)]
fn second(order: &OrderPlaced) -> Result<(), TooLarge> {
    handle(order)
}

#[handles(registry = THREE)]
fn third(order: &OrderPlaced) -> Result<(), TooLarge> {
    handle(order)
}

/// An async function that is never pending.
pub(crate) async fn ready_at_once() {
    std::future::ready(()).await;
}

#[handles(registry = THREE_ASYNC)]
async fn first_async(order: &OrderPlaced) -> Result<(), TooLarge> {
    ready_at_once().await;
    handle(order)
}

#[handles(registry = THREE_ASYNC)]
async fn second_async(order: &OrderPlaced) -> Result<(), TooLarge> {
    ready_at_once().await;
    handle(order)
}

#[handles(registry = THREE_ASYNC)]
async fn third_async(order: &OrderPlaced) -> Result<(), TooLarge> {
    ready_at_once().await;
    handle(order)
}

/// Returns a registry with a hundred handlers of one Rust type.
fn hundred() -> &'static Registry {
    static HUNDRED: Registry = Registry::new("hundred");
    static FILLED: OnceLock<()> = OnceLock::new();
    FILLED.get_or_init(|| (0..100).for_each(|_| HUNDRED.register_typed(handle)));
    &HUNDRED
}

/// Returns a registry with an envelope handler for each of a thousand types.
fn thousand() -> &'static Registry {
    static THOUSAND: Registry = Registry::new("thousand");
    static FILLED: OnceLock<()> = OnceLock::new();
    FILLED.get_or_init(|| {
        (0..1000).for_each(|n| {
            THOUSAND.register(ty(n), |event: &Event| {
                black_box(event);
            });
        });
    });
    &THOUSAND
}

fn ty(n: usize) -> String {
    format!("co.outcome.order.number{n}")
}

/// Polls a future that is immediately ready.
///
/// # Panics
///
/// Panics if it is pending.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future should be ready"),
    }
}

/// Returns all cases.
///
/// # Panics
///
/// Panics if an event is invalid.
#[must_use]
pub fn all() -> Vec<Case> {
    let [one, three, three_async, many] = std::array::from_fn(|_| messages::order());
    let event = messages::event(&messages::order());
    let of_thousand = event.to_builder().ty(ty(500)).build().unwrap();
    let of_one = of_thousand.clone();
    ONE_ON_WIRE.register(ty(500), |event: &Event| {
        black_box(event);
    });
    vec![
        Case::new("dispatch to 1 typed handler", move || {
            ONE.dispatch(&one).unwrap()
        }),
        Case::new("dispatch to 3 typed handlers", move || {
            THREE.dispatch(&three).unwrap()
        }),
        Case::new("dispatch to 100 typed handlers", move || {
            hundred().dispatch(&many).unwrap()
        }),
        Case::new("dispatch to 3 async handlers", move || {
            ready(THREE_ASYNC.dispatch_async(&three_async)).unwrap()
        }),
        Case::new("dispatch an event to 3 typed handlers", move || {
            THREE.dispatch(&event).unwrap()
        }),
        Case::new("dispatch an event, 1 type", move || {
            ONE_ON_WIRE.dispatch(&of_one).unwrap()
        }),
        Case::new("dispatch an event, 1000 types", move || {
            thousand().dispatch(&of_thousand).unwrap()
        }),
    ]
}
