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

#[derive(CloudEvent)]
enum OrderEvent {
    Placed(OrderPlaced),
    Shipped(OrderShipped),
}

#[handles]
async fn ship(order: OrderPlaced) -> Vec<OrderEvent> {
    vec![OrderEvent::Shipped(OrderShipped { total: order.total }), OrderEvent::Placed(order)]
}

fn main() {}
