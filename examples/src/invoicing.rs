//! Writes invoices for orders.

use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

/// What this crate reads of an order; the program that dispatches it has a type of its own.
#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct OrderToInvoice {
    order_id: String,
    total_cents: u64,
}

#[handles("co.outcome.order.placed")]
fn write_invoice(order: &OrderToInvoice) {
    println!(
        "invoice for order {}: {} cents",
        order.order_id, order.total_cents
    );
}
