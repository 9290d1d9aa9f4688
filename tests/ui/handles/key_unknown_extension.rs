use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced {
    #[cloudevent(extension)]
    customer: String,
}

#[handles(key = "costumer")]
fn ship(_order: &OrderPlaced) {}

fn main() {}
