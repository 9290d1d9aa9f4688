use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s", priority = 1)]
struct OrderPlaced {
    total: u32,
}

#[derive(Clone, CloudEvent)]
#[cloudevent(type = "co.outcome.other", source = "/s")]
struct Other<T> {
    value: T,
}

#[handles]
fn ship(_other: &Other<u8>) {}

fn main() {}
