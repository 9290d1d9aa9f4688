use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced {
    #[cloudevent(subject)]
    customer: String,
    #[serde(renam = "n")]
    total: u32,
}

fn main() {}
