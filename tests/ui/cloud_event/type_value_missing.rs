use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = , source = "/shop")]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
