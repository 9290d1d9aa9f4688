//! Derives an event, annotates two handlers, and dispatches the event.

#![forbid(unsafe_code)]

use eventkit::{CloudEvent, Event, handles};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    order_id: String,
    customer: String,
    total_cents: u64,
}

#[handles("co.outcome.order.placed")]
fn send_receipt(order: &OrderPlaced) {
    println!(
        "receipt to {}: order {}, {} cents",
        order.customer, order.order_id, order.total_cents
    );
}

#[handles("co.outcome.order.*")]
fn audit(event: &Event) {
    println!("audit: {} from {}", event.ty(), event.source());
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let order = OrderPlaced {
        order_id: "A-1".to_owned(),
        customer: "ann".to_owned(),
        total_cents: 1250,
    };
    let report = eventkit::dispatch(&order)?;
    println!("{} handlers ran", report.len());
    Ok(())
}
