//! Generated code under strict lints.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused,
    rust_2018_idioms
)]
#![deny(
    single_use_lifetimes,
    unused_qualifications,
    unused_lifetimes,
    trivial_casts,
    elided_lifetimes_in_paths
)]
#![deny(
    clippy::pedantic,
    clippy::all,
    clippy::nursery,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
#![deny(
    clippy::missing_const_for_fn,
    clippy::absolute_paths,
    clippy::str_to_string,
    clippy::shadow_reuse
)]

pub mod written;

use std::fmt::Error;
use std::future::ready;

use eventkit::extract::Id;
use eventkit::{CloudEvent, Context, Event, Registry, handles};
use serde::{Deserialize, Serialize};

/// An order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.placed",
    source = "/shop/orders",
    region = "eu"
)]
pub struct OrderPlaced {
    /// The number of the order.
    #[cloudevent(subject)]
    pub order_id: String,
    /// The customer.
    #[cloudevent(extension, keep)]
    pub customer: Option<String>,
    /// The total price.
    #[serde(rename = "total", default)]
    pub total_cents: u64,
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.shop.opened", source = "/shop")]
struct Opened;

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.shop.noted",
    source = "/shop",
    datacontenttype = "text/plain"
)]
struct Noted(String);

/// A wrapper of any type.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.wrapped", source = "/shop")]
pub struct Wrapped<T> {
    /// The wrapped value.
    pub inner: T,
}

/// The events of the shop.
#[derive(Debug, CloudEvent)]
pub enum ShopEvent {
    /// An order.
    Placed(OrderPlaced),
}

/// The registry of the handlers of this crate.
pub static STRICT: Registry = Registry::new("strict");

#[handles("co.outcome.order.placed", registry = STRICT)]
fn borrowed(
    order: &OrderPlaced,
    Id(id): Id<'_>,
    #[extension("region")] region: Option<String>,
) -> Result<(), String> {
    if id.is_empty() {
        Err(region.unwrap_or_else(|| order.order_id.clone()))
    } else {
        Ok(())
    }
}

/// Handles orders by value.
///
/// # Errors
///
/// Returns no error.
#[handles(registry = STRICT, order = 1)]
pub async fn owned(order: OrderPlaced, context: &Context<'_>) -> Result<(), Error> {
    ready((order, context.event().id())).await;
    Ok(())
}

#[handles(registry = STRICT)]
const fn opened(_event: &Opened) {}

#[handles(registry = STRICT)]
fn noted(event: &Noted) -> Result<(), String> {
    if event.0.is_empty() {
        Err(String::from("an empty note"))
    } else {
        Ok(())
    }
}

/// Handles all events of the shop.
///
/// # Errors
///
/// Returns an error if the order is free.
#[handles(registry = STRICT)]
pub fn of_the_shop(event: &ShopEvent) -> Result<(), String> {
    match event {
        ShopEvent::Placed(order) if order.total_cents == 0 => Err(String::from("for free")),
        ShopEvent::Placed(_) => Ok(()),
    }
}

#[handles("*", registry = STRICT)]
fn everything(event: Event) {
    drop(event);
}
