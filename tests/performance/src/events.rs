//! The measured events: small, medium like an order, large, and with text full of escapes.

use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

/// A sensor reading, with 39 bytes of data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.reading", source = "/sensors")]
pub struct Reading {
    /// The sensor.
    pub sensor: String,
    /// The temperature.
    pub celsius: i32,
}

/// An order, with 372 bytes of data for two lines and 63 KB for many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.placed",
    source = "/shop/orders",
    dataschema = "https://schemas.outcome.example/orders/1.json"
)]
pub struct OrderPlaced {
    /// The number of the order.
    pub order_id: String,
    /// The customer.
    pub customer: Customer,
    /// The lines of the order.
    pub lines: Vec<Line>,
    /// The total price.
    pub total_cents: u64,
    /// Whether it is urgent.
    pub express: bool,
    /// A note of the customer.
    pub note: Option<String>,
}

/// The customer of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// The number of the customer.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The stock keeping unit.
    pub sku: String,
    /// The title of the article.
    pub title: String,
    /// The quantity.
    pub quantity: u32,
    /// The price of a unit.
    pub unit_cents: u64,
}

/// A text of 67 KB, in which JSON escapes every third character.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.text", source = "/texts")]
pub struct Text {
    /// The text.
    pub text: String,
}

impl Reading {
    /// Returns the measured event.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            sensor: "greenhouse-17".into(),
            celsius: 21,
        }
    }
}

impl OrderPlaced {
    /// Returns an order with a number of lines.
    #[must_use]
    pub fn sample(lines: usize) -> Self {
        let lines = (0..lines).map(|at| Line {
            sku: format!("SKU-{at:05}"),
            title: "Fountain pen, fine".into(),
            quantity: 2,
            unit_cents: 1250,
        });
        Self {
            order_id: "A-2026-000117".into(),
            customer: Customer {
                id: 4_711_001,
                name: "Ann Example".into(),
                email: "ann@shop.example".into(),
            },
            lines: lines.collect(),
            total_cents: 5000,
            express: false,
            note: Some("Ring twice, please; the bell is slow, and the yard long".into()),
        }
    }
}

impl Text {
    /// Returns the measured event.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            text: "a\"b\\c\nd\te".repeat(5160),
        }
    }
}
