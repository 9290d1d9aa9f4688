use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced {
    total: u32,
    number:
}

fn uses(order: &OrderPlaced) {
    let _ = (order.to_event(), OrderPlaced::TYPE, eventkit::dispatch(order));
}

#[eventkit::handles]
fn ship(_order: &OrderPlaced) {}

fn main() {}
