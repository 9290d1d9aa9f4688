//! The orders of the shop: what happens to them, and who handles it.
//!
//! Nothing here knows how an event came in; the handlers can be called and tested as they stand.

use std::fmt;

use eventkit::{CloudEvent, Event, State, handles};
use serde::{Deserialize, Serialize};

use crate::state::{Bank, Books, Declined};

/// A customer has placed an order.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
pub(crate) struct OrderPlaced {
    pub(crate) order_id: String,
    pub(crate) customer: String,
    pub(crate) total_cents: u64,
}

/// A customer has thought better of it.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.cancelled", source = "/shop/orders")]
pub(crate) struct OrderCancelled {
    pub(crate) order_id: String,
    pub(crate) reason: String,
}

/// A parcel is on its way.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.shipped", source = "/shop/orders")]
pub(crate) struct OrderShipped {
    pub(crate) order_id: String,
    pub(crate) carrier: String,
}

/// All that can happen to an order.
#[derive(Debug, Clone, CloudEvent)]
pub(crate) enum OrderEvent {
    Placed(OrderPlaced),
    Cancelled(OrderCancelled),
    Shipped(OrderShipped),
}

/// Takes one type of event.
#[handles("co.outcome.order.placed")]
fn send_receipt(order: &OrderPlaced, State(books): State<Books>) {
    let total = Euros(order.total_cents);
    books.note(format!(
        "receipt: {} over {total} to {}",
        order.order_id, order.customer
    ));
}

/// Takes the event by value, waits, and may fail.
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

/// Takes every type of the enum.
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

/// Takes the envelope of whatever the pattern stands for.
#[handles("co.outcome.order.*")]
fn audit(event: &Event, State(books): State<Books>) {
    books.note(format!("audit: {event}"));
}

/// Writes cents as an amount.
struct Euros(u64);

impl fmt::Display for Euros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} EUR", self.0 / 100, self.0 % 100)
    }
}
