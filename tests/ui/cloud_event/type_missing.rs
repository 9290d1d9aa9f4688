use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
