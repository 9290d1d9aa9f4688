use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s", priority = 1)]
struct OrderPlaced {
    total: u32,
}

#[handles(OrderPlaced::NUMBER)]
fn ship(_order: &OrderPlaced) {}

impl OrderPlaced {
    const NUMBER: u32 = 1;
}

fn main() {}
