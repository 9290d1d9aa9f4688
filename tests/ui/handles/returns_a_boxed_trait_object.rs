use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct OrderPlaced {
    order_id: String,
}

#[handles]
fn ship(_order: &OrderPlaced) -> Box<dyn CloudEvent> {
    unimplemented!()
}

fn main() {}
