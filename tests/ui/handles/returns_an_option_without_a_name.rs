use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct OrderPlaced {
    order_id: String,
}

#[handles]
fn ship(order: OrderPlaced) -> Option<impl CloudEvent> {
    Some(order)
}

fn main() {}
