//! Typed values and the handlers that take them.

use std::sync::atomic::{AtomicUsize, Ordering};

use eventkit::{CloudEvent, Event, Registry, handles};
use serde::{Deserialize, Serialize, Serializer};

use super::{Log, OrderCancelled, OrderEvent, OrderPlaced, cancelled, placed};

static TYPED: Registry = Registry::new("typed");
static LOG: Log = Log::new();

#[handles("co.outcome.order.placed", registry = TYPED)]
fn send_receipt(order: &OrderPlaced) {
    LOG.note(format!("receipt for {}", order.order_id));
}

#[handles(registry = TYPED)]
fn ship(order: OrderPlaced) -> Result<(), std::io::Error> {
    LOG.note(format!("ship {}", order.order_id));
    Ok(())
}

#[handles(registry = TYPED)]
fn refund(order: OrderCancelled) {
    LOG.note(format!("refund: {}", order.reason));
}

#[handles(registry = TYPED)]
fn follow(event: &OrderEvent) {
    LOG.note(match event {
        OrderEvent::Placed(order) => format!("placed {}", order.order_id),
        OrderEvent::Cancelled(order) => format!("cancelled: {}", order.reason),
    });
}

/// A single test, because the handlers share one log.
#[test]
fn values_envelopes_and_enums_reach_the_same_handlers() -> Result<(), Box<dyn std::error::Error>> {
    let all = ["receipt for A-1", "ship A-1", "placed A-1"];

    assert_eq!(TYPED.dispatch(&placed())?.len(), 3);
    assert_eq!(LOG.take(), all);

    assert_eq!(TYPED.dispatch(&placed().to_event()?)?.len(), 3);
    assert_eq!(LOG.take(), all);

    assert_eq!(TYPED.dispatch(&OrderEvent::Placed(placed()))?.len(), 3);
    assert_eq!(LOG.take(), all);

    // `OrderCancelled` is not `Clone`, but the handler that takes it by value still gets a value.
    TYPED.dispatch(&cancelled())?;
    assert_eq!(
        LOG.take(),
        ["refund: changed my mind", "cancelled: changed my mind"]
    );
    TYPED.dispatch(&OrderEvent::Cancelled(cancelled()))?;
    assert_eq!(
        LOG.take(),
        ["refund: changed my mind", "cancelled: changed my mind"]
    );
    Ok(())
}

#[test]
fn the_function_is_unchanged() {
    assert_eq!(double(&placed()), Ok(()));
}

#[handles("co.outcome.order.*", registry = TYPED_APART)]
fn double(order: &OrderPlaced) -> Result<(), String> {
    if order.total_cents == 1250 {
        Ok(())
    } else {
        Err(order.order_id.clone())
    }
}

static TYPED_APART: Registry = Registry::new("typed apart");

/// A value that counts how often it is encoded and decoded.
#[derive(Debug, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.counted", source = "/s")]
#[serde(from = "u8")]
struct Counted(u8);

static ENCODED: AtomicUsize = AtomicUsize::new(0);
static DECODED: AtomicUsize = AtomicUsize::new(0);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ENCODED.fetch_add(1, Ordering::Relaxed);
        self.0.serialize(serializer)
    }
}

impl From<u8> for Counted {
    fn from(value: u8) -> Self {
        DECODED.fetch_add(1, Ordering::Relaxed);
        Self(value)
    }
}

fn counts() -> (usize, usize) {
    (
        ENCODED.swap(0, Ordering::Relaxed),
        DECODED.swap(0, Ordering::Relaxed),
    )
}

#[test]
fn each_form_is_created_at_most_once() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new("counted");
    for _ in 0..10 {
        registry.register_typed(|_: &Counted| ());
    }
    registry.dispatch(&Counted(1))?;
    assert_eq!(
        counts(),
        (0, 0),
        "a typed value goes to typed handlers as it is"
    );

    let event = Counted(1).to_event()?;
    counts();
    registry.dispatch(&event)?;
    assert_eq!(
        counts(),
        (0, 1),
        "ten typed handlers share one decoded value"
    );

    registry.register("co.outcome.counted", |_: &Event| ());
    registry.register("co.outcome.*", |_: &Event| ());
    registry.dispatch(&Counted(1))?;
    assert_eq!(
        counts(),
        (1, 0),
        "two envelope handlers should share one envelope"
    );
    Ok(())
}

/// A value without a source, which has no envelope.
#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.sourceless")]
struct Sourceless;

#[test]
fn a_value_without_source_can_only_be_dispatched_to_typed_handlers() {
    let registry = Registry::new("sourceless");
    registry.register_typed(|_: &Sourceless| ());
    assert_eq!(registry.dispatch(&Sourceless).unwrap().len(), 1);

    registry.register("*", |_: &Event| ());
    let error = registry.dispatch(&Sourceless).unwrap_err();
    assert!(error.report().is_none(), "no handler should have run");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("attribute `source` is missing"), "{cause}");
}
