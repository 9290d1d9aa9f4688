use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct OrderPlaced {
    #[cloudevent(extension = )]
    region: String,
}

fn main() {}
