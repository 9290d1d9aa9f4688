use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct OrderPlaced {
    #[cloudevent("subject")]
    customer: String,
    total_cents: u64,
}

fn main() {}
