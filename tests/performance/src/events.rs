//! The events that are measured: small, like an order, large, and with text full of escapes.

use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

/// Is a reading of a sensor: 39 bytes of data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.reading", source = "/sensors")]
pub struct Reading {
    /// The sensor.
    pub sensor: String,
    /// What it read.
    pub celsius: i32,
}

/// Is an order: 372 bytes of data with two lines, 63 KB with many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.placed",
    source = "/shop/orders",
    dataschema = "https://schemas.outcome.example/orders/1.json"
)]
pub struct OrderPlaced {
    /// The number of the order.
    pub order_id: String,
    /// Who ordered.
    pub customer: Customer,
    /// What was ordered.
    pub lines: Vec<Line>,
    /// What it costs.
    pub total_cents: u64,
    /// Whether it is urgent.
    pub express: bool,
    /// What the customer had to say.
    pub note: Option<String>,
}

/// Is who ordered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// The number of the customer.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// Is a line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The article.
    pub sku: String,
    /// What it is called.
    pub title: String,
    /// How many.
    pub quantity: u32,
    /// What one costs.
    pub unit_cents: u64,
}

/// Is a text: 67 KB of which every third character is escaped in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.text", source = "/texts")]
pub struct Text {
    /// The text.
    pub text: String,
}

impl Reading {
    /// Returns the one that is measured.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            sensor: "greenhouse-17".into(),
            celsius: 21,
        }
    }
}

impl OrderPlaced {
    /// Returns an order of a number of lines.
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
    /// Returns the one that is measured.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            text: "a\"b\\c\nd\te".repeat(5160),
        }
    }
}
