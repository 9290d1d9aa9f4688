#![allow(unused)]

use eventkit::{CloudEvent, Event, Registry, State};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    total_cents: u64,
}

static SHOP: Registry = Registry::new("shop");

fn main() {
    SHOP.register_typed(|order: OrderPlaced| drop(order));
}
