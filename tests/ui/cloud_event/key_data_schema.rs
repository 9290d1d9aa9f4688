use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", data_schema = "https://example.com/order.json")]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
