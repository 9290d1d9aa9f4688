use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = u32::MAX, source = "/s")]
struct OrderPlaced {
    total: u32,
}

fn main() {}
