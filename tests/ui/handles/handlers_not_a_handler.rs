use eventkit::{CloudEvent, Registry, handlers};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s", priority = 1)]
struct OrderPlaced {
    total: u32,
}

fn plain(_order: &OrderPlaced) {}

fn main() {
    Registry::new("r").add(handlers![plain]);
}
