use eventkit::{CloudEvent, State, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s", priority = 1)]
struct OrderPlaced {
    total: u32,
}

struct Db;

#[handles]
fn ship(_order: &OrderPlaced, State(_db): State<Db>) {}

fn main() {}
