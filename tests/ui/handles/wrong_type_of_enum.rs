use eventkit::{CloudEvent, Event, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced;

#[derive(CloudEvent)]
enum OrderEvent {
    Placed(OrderPlaced),
}

#[handles("co.outcome.order.placed", "co.outcome.order.cancelled")]
fn follow(_event: OrderEvent) {}

fn main() {
    let _ = Event::builder;
}
