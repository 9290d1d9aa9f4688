use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(source = "/shop/orders")]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
