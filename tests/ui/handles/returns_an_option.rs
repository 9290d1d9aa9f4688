use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s", priority = 1)]
struct OrderPlaced {
    total: u32,
}

#[handles]
fn ship(_order: &OrderPlaced) -> Option<u8> {
    None
}

fn main() {}
