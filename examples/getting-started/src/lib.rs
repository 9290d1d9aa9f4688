//! The events of the shop, and their handlers.

use eventkit::{CloudEvent, HandlerError, Registry, State, handles};
use serde::{Deserialize, Serialize};

/// A customer has placed an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "com.example.order.placed",
    source = "https://shop.example.com/orders"
)]
pub struct OrderPlaced {
    pub order_id: String,
    pub total_cents: u64,
}

/// The bank has charged an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "com.example.order.paid",
    source = "https://shop.example.com/orders"
)]
pub struct OrderPaid {
    pub order_id: String,
}

/// A bank that declines charges above a limit.
#[derive(Debug, Clone)]
pub struct Bank {
    pub limit_cents: u64,
}

/// An order that was not charged.
#[derive(Debug, PartialEq, thiserror::Error, HandlerError)]
pub enum ChargeError {
    #[error("the order is free")]
    #[drop]
    NothingToCharge,
    #[error("the card was declined")]
    #[dead_letter]
    Declined,
}

/// The handlers of the shop.
pub static SHOP: Registry = Registry::new("shop");

#[handles(registry = SHOP, name = "charge")]
pub async fn charge(
    order: OrderPlaced,
    State(bank): State<Bank>,
) -> Result<OrderPaid, ChargeError> {
    if order.total_cents == 0 {
        return Err(ChargeError::NothingToCharge);
    }
    if order.total_cents > bank.limit_cents {
        return Err(ChargeError::Declined);
    }
    Ok(OrderPaid {
        order_id: order.order_id,
    })
}

#[handles(registry = SHOP, name = "receipt")]
pub async fn send_receipt(paid: &OrderPaid) {
    println!("receipt for order {}", paid.order_id);
}
