//! The events of orders, and their handlers.
//!
//! This file does not depend on HTTP, so the handlers can be called and tested directly.

use std::fmt;

use eventkit::{CloudEvent, Event, State, handles};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::state::{Bank, Books, Declined};

/// A customer placed an order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
pub(crate) struct OrderPlaced {
    pub(crate) order_id: String,
    pub(crate) customer: String,
    pub(crate) total_cents: u64,
}

/// A customer cancelled an order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.order.cancelled", source = "/shop/orders")]
pub(crate) struct OrderCancelled {
    pub(crate) order_id: String,
    pub(crate) reason: String,
}

/// A parcel was shipped.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.order.shipped", source = "/shop/orders")]
pub(crate) struct OrderShipped {
    pub(crate) order_id: String,
    pub(crate) carrier: String,
}

/// All events of an order.
#[derive(Debug, Clone, CloudEvent)]
pub(crate) enum OrderEvent {
    Placed(OrderPlaced),
    Cancelled(OrderCancelled),
    Shipped(OrderShipped),
}

/// Handles one event type.
#[handles("co.outcome.order.placed")]
fn send_receipt(order: &OrderPlaced, State(books): State<Books>) {
    let total = Euros(order.total_cents);
    books.note(format!(
        "receipt: {} over {total} to {}",
        order.order_id, order.customer
    ));
}

/// Takes the event by value, is async, and may fail.
#[handles("co.outcome.order.placed")]
async fn charge_card(
    order: OrderPlaced,
    State(bank): State<Bank>,
    State(books): State<Books>,
) -> Result<(), Declined> {
    bank.charge(order.total_cents).await?;
    books.note(format!(
        "card: {} charged to {}",
        Euros(order.total_cents),
        order.customer
    ));
    Ok(())
}

/// Handles every type of the enum.
#[handles]
fn keep_timeline(event: &OrderEvent, State(books): State<Books>) {
    books.note(match event {
        OrderEvent::Placed(order) => format!("timeline: {} placed", order.order_id),
        OrderEvent::Cancelled(order) => {
            format!("timeline: {} cancelled, {}", order.order_id, order.reason)
        }
        OrderEvent::Shipped(order) => {
            format!(
                "timeline: {} shipped with {}",
                order.order_id, order.carrier
            )
        }
    });
}

/// Handles the envelope of every event that matches the pattern.
#[handles("co.outcome.order.*")]
fn audit(event: &Event, State(books): State<Books>) {
    books.note(format!("audit: {event}"));
}

/// An amount in cents, formatted in euros.
struct Euros(u64);

impl fmt::Display for Euros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} EUR", self.0 / 100, self.0 % 100)
    }
}
