//! A catalog of events and handlers: a page, AsyncAPI and the graph, written into a folder.
//!
//! `cargo run -p eventkit-examples --bin catalog -- target/catalog` writes the files; open `index.html`.

#![forbid(unsafe_code)]

use eventkit::{BoxError, CloudEvent, Event, Registry, handles};
use eventkit_catalog::{Catalog, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A customer placed an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    /// The number of the order.
    #[cloudevent(subject)]
    order_id: String,
    /// The total in cents, with taxes.
    total_cents: u64,
}

/// A card was charged.
#[derive(Debug, Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.order.paid", source = "/shop/payments")]
struct OrderPaid {
    #[cloudevent(subject)]
    order_id: String,
    /// The reference of the bank.
    #[schemars(example = "2026-0042")]
    reference: String,
}

/// A card was declined.
#[derive(Debug, Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.order.declined", source = "/shop/payments")]
struct OrderDeclined {
    #[cloudevent(subject)]
    order_id: String,
    reason: Reason,
}

/// The reason of a bank.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    /// The card has expired.
    Expired,
    /// The limit of the card is exceeded.
    LimitExceeded,
}

#[derive(Debug, CloudEvent)]
enum OrderEvent {
    Placed(OrderPlaced),
    Paid(OrderPaid),
    Declined(OrderDeclined),
}

#[derive(Debug, CloudEvent)]
enum Payment {
    Paid(OrderPaid),
    Declined(OrderDeclined),
}

static SHOP: Registry = Registry::new("shop");

#[handles(registry = SHOP, name = "charge", retry(attempts = 5), timeout = "30s")]
fn charge(order: &OrderPlaced) -> Payment {
    let order_id = order.order_id.clone();
    if order.total_cents > 50_000 {
        let reason = Reason::LimitExceeded;
        return Payment::Declined(OrderDeclined { order_id, reason });
    }
    let reference = "2026-0042".to_owned();
    Payment::Paid(OrderPaid {
        order_id,
        reference,
    })
}

#[handles(registry = SHOP, name = "ship", filter = "subject LIKE 'A-%'")]
fn ship(order: &OrderPaid) {
    println!("ships {}, paid with {}", order.order_id, order.reference);
}

#[handles("co.outcome.order.*", registry = SHOP, name = "audit")]
fn audit(event: &Event) {
    println!("audit: {event}");
}

/// Returns the catalog. A test would call `check_lock` on it, so that events stay compatible.
fn catalog() -> Result<Catalog, BoxError> {
    let catalog = Catalog::of(&SHOP)
        .title("Shop")
        .version("1.0.0")
        .description("The orders of a shop.")
        .server(Server::new("production", "nats.example.com:4222", "nats"))
        .events::<OrderEvent>()
        .build()?;
    Ok(catalog)
}

fn main() -> Result<(), BoxError> {
    let catalog = catalog()?;
    for event in catalog.events() {
        println!(
            "{}: {}",
            event.ty,
            event.description.as_deref().unwrap_or_default()
        );
    }
    for handler in catalog.handlers() {
        let handled: Vec<&str> = handler.handled_types().collect();
        println!("{} handles {}", handler.short_name(), handled.join(", "));
    }
    if let Some(folder) = std::env::args_os().nth(1) {
        catalog.write(&folder)?;
        println!("wrote index.html, asyncapi.json, asyncapi.yaml, graph.svg and graph.mmd");
    }
    Ok(())
}
