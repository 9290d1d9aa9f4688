//! A crate that allows no unsafe code and no warnings.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, rust_2018_idioms)]
#![deny(clippy::all, clippy::pedantic, single_use_lifetimes, unused_qualifications, unused_lifetimes)]
#![deny(non_local_definitions, let_underscore_drop, elided_lifetimes_in_paths)]

use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

/// An order.
#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders", priority = 7)]
pub struct OrderPlaced {
    /// The total.
    pub total_cents: u64,
}

/// An order of someone.
#[derive(Debug, Default, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.paid")]
#[serde(default)]
pub struct OrderPaid<T = String> {
    /// The customer.
    #[cloudevent(subject)]
    pub customer: String,
    /// The means.
    pub means: T,
}

/// No data, and never used.
#[derive(Debug, Clone, Copy, CloudEvent)]
#[cloudevent(type = "co.outcome.tick")]
struct Tick;

/// The old one.
#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.old")]
#[deprecated]
pub struct Old {
    /// The customer.
    #[cloudevent(subject)]
    pub customer: String,
    /// A number.
    #[deprecated]
    pub n: u8,
}

/// The set of them.
#[derive(Debug, CloudEvent)]
pub enum OrderEvent {
    /// Placed.
    Placed(OrderPlaced),
    /// Paid.
    Paid(OrderPaid),
}

fn main() {}
