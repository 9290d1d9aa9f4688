use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = orders(7))]
struct OrderPlaced {
    total_cents: u64,
}

fn orders(shop: u32) -> String {
    format!("/shops/{shop}")
}

fn main() {}
