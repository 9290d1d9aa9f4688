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
fn ship(_order: &OrderPlaced, outgoing: Outgoing<ShopEvent>) {
    outgoing.send_event(OrderShipped.to_event().unwrap()).unwrap();
}

fn main() {}
