use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(typ = "co.outcome.order.placed")]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
