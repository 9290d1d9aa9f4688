use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = orders)]
struct OrderPlaced {
    total_cents: u64,
}

fn orders(_: &str) -> String {
    "/shop/orders".into()
}

fn main() {}
