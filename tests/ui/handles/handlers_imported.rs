use eventkit::{CloudEvent, Registry, handlers};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s", priority = 1)]
struct OrderPlaced {
    total: u32,
}

mod shipping {
    #[eventkit::handles]
    pub fn ship(_order: &super::OrderPlaced) {}
}

use shipping::ship;

fn main() {
    Registry::new("r").add(handlers![ship]);
}
