use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced {
    total: u32,
}

#[derive(CloudEvent)]
enum OrderEvent<T> {
    Placed(OrderPlaced),
    Other(T),
}

fn main() {
    let placed = OrderPlaced { total: 1 }.to_event().unwrap();
    let _ = OrderEvent::<OrderPlaced>::try_from(&placed);
}
