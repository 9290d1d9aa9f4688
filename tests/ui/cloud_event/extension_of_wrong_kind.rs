use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", priority = 1.5)]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
