use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", tenant = "a", extension(tenant = "b"))]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
