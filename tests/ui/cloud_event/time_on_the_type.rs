use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", time = "2026-01-31T09:30:00Z")]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
