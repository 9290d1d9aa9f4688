//! Handlers that return events, and the event graph that their signatures define.
//!
//! The graph is printed before any handler runs, because event types, handlers and emissions are
//! constants.

#![forbid(unsafe_code)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "handlers take extractors by value"
)]

use eventkit::{BoxError, CloudEvent, Dispatcher, Event, Outgoing, Registry, handles};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct OrderPlaced {
    order_id: String,
    boxes: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.paid", source = "/shop")]
struct OrderPaid {
    order_id: String,
    boxes: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.rejected", source = "/shop")]
struct OrderRejected {
    order_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.box.packed", source = "/shop")]
struct BoxPacked {
    order_id: String,
    number: u32,
}

#[derive(Debug, CloudEvent)]
enum Payment {
    Paid(OrderPaid),
    Rejected(OrderRejected),
}

static SHOP: Registry = Registry::new("shop");

/// Returns one of two events.
#[handles(registry = SHOP)]
fn charge(order: OrderPlaced) -> Payment {
    let OrderPlaced { order_id, boxes } = order;
    if boxes > 5 {
        return Payment::Rejected(OrderRejected { order_id });
    }
    Payment::Paid(OrderPaid { order_id, boxes })
}

/// Returns several events of one type.
#[handles(registry = SHOP)]
fn pack(order: &OrderPaid) -> Vec<BoxPacked> {
    let numbers = 1..=order.boxes;
    let packed = numbers.map(|number| BoxPacked {
        order_id: order.order_id.clone(),
        number,
    });
    packed.collect()
}

/// Sends events. The compiler only accepts events of the set.
#[handles(registry = SHOP)]
fn offer(order: &OrderRejected, outgoing: Outgoing<OrderPlaced>) -> Result<(), BoxError> {
    let half = OrderPlaced {
        order_id: format!("{}-half", order.order_id),
        boxes: 3,
    };
    outgoing.send(&half)?;
    Ok(())
}

/// Returns an event without a Rust type, so its event type is declared.
#[handles(registry = SHOP, emits("com.example.label"))]
fn label(packed: &BoxPacked) -> Result<Event, BoxError> {
    let label = Event::builder().source("/shop").ty("com.example.label");
    Ok(label
        .data_text(format!("{} {}", packed.order_id, packed.number))
        .build()?)
}

fn main() -> Result<(), BoxError> {
    for handler in SHOP.handlers() {
        let [handled, emitted]: [Vec<&str>; 2] =
            [handler.patterns().collect(), handler.emits().collect()];
        println!(
            "{} -> {} -> {}",
            handled.join(", "),
            handler.name(),
            emitted.join(", ")
        );
    }

    let report = SHOP.check()?;
    for emission in report.unhandled_emissions() {
        println!("no handler for {}", emission.ty);
    }
    for cycle in report.cycles() {
        let types = cycle.emissions.iter().map(|emission| emission.ty.as_str());
        let types: Vec<&str> = types.collect();
        println!("a cycle: {}", types.join(", "));
    }

    // A dispatcher can also dispatch the events that handlers return.
    let order = OrderPlaced {
        order_id: "A-1".to_owned(),
        boxes: 2,
    };
    let app = Dispatcher::new(&SHOP).cascade(3).build()?;
    for cascaded in app.dispatch(&order)?.cascaded() {
        println!("dispatched {}", cascaded.chain().join(" -> "));
    }
    Ok(())
}
