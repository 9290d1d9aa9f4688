use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

const ORDERS: &str = "/shop/orders";

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = ORDERS)]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
