use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s", priority = 1)]
struct OrderPlaced {
    total: u32,
}

const HALF: &str = "co.outcome.order.pl*";

#[handles(HALF)]
fn ship(_order: &eventkit::Event) {}

fn main() {}
