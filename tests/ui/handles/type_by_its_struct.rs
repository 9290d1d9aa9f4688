use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct OrderPlaced {}

#[handles(OrderPlaced)]
fn ship(_order: &OrderPlaced) {}

fn main() {}
