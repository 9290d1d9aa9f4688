//! Writes invoices for orders.

use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

/// The fields of an order that this crate reads. The program that dispatches orders has its own
/// type.
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
