use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders", totals = totals)]
struct OrderPlaced {
    total_cents: u64,
}

fn totals(order: &OrderPlaced) -> Vec<u64> {
    vec![order.total_cents]
}

fn main() {}
