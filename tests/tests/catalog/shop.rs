//! The events and handlers of a shop.

use std::collections::BTreeMap;

use eventkit::{CloudEvent, Event, Outgoing, OutgoingError, Registry, handles};
use eventkit_catalog::{Catalog, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A customer placed an order.
///
/// The `total_cents` include taxes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.placed",
    source = "/shop/orders",
    priority = 7
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderPlaced {
    /// The number of the order.
    #[cloudevent(subject)]
    pub(crate) order_id: String,
    /// Where the customer lives.
    #[cloudevent(extension)]
    pub(crate) region: Option<String>,
    /// The tenant, which is also part of the data.
    #[cloudevent(extension = "tenant", keep)]
    pub(crate) tenant_name: String,
    pub(crate) total_cents: u64,
    /// What was ordered.
    pub(crate) lines: Vec<Line>,
    #[serde(default)]
    pub(crate) coupon: Option<String>,
    /// How the customer pays.
    pub(crate) payment: Payment,
    pub(crate) labels: BTreeMap<String, String>,
}

/// A line of an order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Line {
    /// The article.
    pub(crate) article: String,
    pub(crate) quantity: u32,
}

/// A means of payment.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Payment {
    /// A card.
    Card {
        /// The last digits.
        last_digits: String,
    },
    /// An invoice.
    Invoice,
}

/// An order was paid.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.paid",
    source = "/shop/payments",
    dataschema = "https://schemas.example.com/paid/1"
)]
pub(crate) struct OrderPaid {
    #[schemars(example = "A-17")]
    pub(crate) order_id: String,
}

/// A payment was declined.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.order.declined", source = "/shop/payments")]
pub(crate) struct OrderDeclined {
    #[cloudevent(subject)]
    pub(crate) order_id: String,
}

#[derive(Debug, CloudEvent)]
pub(crate) enum OrderEvent {
    Placed(OrderPlaced),
    Paid(OrderPaid),
    Declined(OrderDeclined),
}

/// A parcel left, without a JSON Schema.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.parcel.sent", source = "/shop/parcels")]
pub(crate) struct ParcelSent {
    pub(crate) number: u32,
}

#[derive(Debug, CloudEvent)]
pub(crate) enum Outcome {
    Paid(OrderPaid),
    Declined(OrderDeclined),
}

pub(crate) static SHOP: Registry = Registry::new("shop");

#[handles(
    registry = SHOP, name = "charge-card", retry(attempts = 5, max_delay = "5m"), timeout = "30s",
    circuit_breaker(max_failures = 20, reset_timeout = "1m"), on_exhausted = "drop"
)]
async fn charge(order: OrderPlaced) -> Outcome {
    let order_id = order.order_id;
    if order.total_cents > 100_000 {
        return Outcome::Declined(OrderDeclined { order_id });
    }
    Outcome::Paid(OrderPaid { order_id })
}

#[handles(registry = SHOP)]
fn pack(_order: &OrderPaid, outgoing: Outgoing<ParcelSent>) -> Result<(), OutgoingError> {
    outgoing.send(&ParcelSent { number: 1 })
}

#[handles("co.outcome.order.*", registry = SHOP, order = 10, filter = "region = 'eu'")]
fn audit(event: &Event) {
    println!("{event}");
}

#[handles(registry = SHOP)]
fn apologize(_declined: &OrderDeclined) {}

/// Returns the catalog of the shop.
pub(crate) fn catalog() -> Catalog {
    let builder = Catalog::of(&SHOP)
        .title("Shop")
        .version("1.4.0")
        .description("The orders of a shop, from the basket to the parcel.")
        .server(
            Server::new("production", "nats.example.com:4222", "nats").description("JetStream"),
        );
    builder.events::<OrderEvent>().build().unwrap()
}
