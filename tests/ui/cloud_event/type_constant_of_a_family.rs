use serde::{Deserialize, Serialize};

const ORDERS: &str = "co.outcome.order.*";

#[derive(Serialize, Deserialize, eventkit::CloudEvent)]
#[cloudevent(type = ORDERS, source = "/shop/orders")]
struct OrderChanged {
    order_id: String,
}

fn main() {}
