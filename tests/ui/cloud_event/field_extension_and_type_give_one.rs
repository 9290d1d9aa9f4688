use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", tenant = "acme")]
struct OrderPlaced {
    #[cloudevent(extension)]
    tenant: String,
    total_cents: u64,
}

fn main() {}
