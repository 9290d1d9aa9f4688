use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced {
    total: u32,
}

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.shipped")]
struct OrderShipped {
    total: u32,
}

#[handles]
fn ship(order: &OrderPlaced) -> Result<Option<OrderShipped>, String> {
    Ok(Some(OrderShipped { total: order.total }))
}

fn main() {}
