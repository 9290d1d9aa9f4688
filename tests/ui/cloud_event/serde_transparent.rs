use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
#[serde(transparent)]
struct OrderPlaced {
    #[cloudevent(subject)]
    customer: String,
    #[serde(skip)]
    total_cents: u64,
}

fn main() {}
