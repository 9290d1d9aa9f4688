use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", priority = 3_000_000_000)]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
