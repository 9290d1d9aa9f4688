use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced {
    #[cloudevent(subject, keep)]
    #[serde(skip)]
    customer: String,
    total: u32,
}

fn main() {}
