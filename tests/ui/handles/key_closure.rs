use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced {
    customer: String,
}

#[handles(key = |event: &eventkit::Event| event.subject().map(str::to_owned))]
fn ship(_order: &OrderPlaced) {}

fn main() {}
