use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct OrderPlaced {
    #[cloudevent(extension = 7)]
    customer: String,
    total_cents: u64,
}

fn main() {}
