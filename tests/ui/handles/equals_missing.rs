use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct OrderPlaced {
    order_id: String,
}

#[handles(name "ship")]
fn ship(_order: &OrderPlaced) {}

fn main() {}
