use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", specversion = "1.0")]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
