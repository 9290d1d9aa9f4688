use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct OrderPlaced {
    order_id: String,
}

#[handles(emits("co.outcome.order.*"))]
fn ship(_order: &OrderPlaced) {}

fn main() {}
