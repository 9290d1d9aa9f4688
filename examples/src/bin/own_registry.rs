//! Keeps handlers in a separate registry, and registers closures at run time.

#![forbid(unsafe_code)]

use eventkit::{CloudEvent, Event, Registry, handles};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    order_id: String,
}

static BILLING: Registry = Registry::new("billing");

#[handles("co.outcome.order.placed", registry = BILLING)]
fn invoice(order: &OrderPlaced) {
    println!("  invoice for {}", order.order_id);
}

// Without a registry, the handler is in the default one.
#[handles("co.outcome.order.placed")]
fn ship(order: &OrderPlaced) {
    println!("  parcel for {}", order.order_id);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    BILLING.register_typed(|order: &OrderPlaced| {
        println!("  discount for {}", order.order_id);
    });
    BILLING.register("co.outcome.*", |event: &Event| {
        println!("  log: {}", event.ty());
    });

    let order = OrderPlaced {
        order_id: "A-1".to_owned(),
    };
    println!("{}:", BILLING.name());
    BILLING.dispatch(&order)?;
    println!("{}:", eventkit::default_registry().name());
    eventkit::dispatch(&order)?;
    Ok(())
}
