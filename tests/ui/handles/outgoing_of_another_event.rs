use eventkit::{CloudEvent, Outgoing, handles};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct OrderPlaced;

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.shipped", source = "/shop")]
struct OrderShipped;

#[derive(CloudEvent)]
enum ShopEvent {
    Shipped(OrderShipped),
}

#[handles]
fn ship(order: &OrderPlaced, outgoing: Outgoing<ShopEvent>) {
    outgoing.send(&OrderShipped).unwrap();
    outgoing.send(order).unwrap();
}

fn main() {}
