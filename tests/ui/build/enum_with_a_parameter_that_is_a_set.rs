use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced {
    total: u32,
}

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.paid", source = "/s")]
struct OrderPaid;

#[derive(CloudEvent)]
enum OrderEvent {
    Placed(OrderPlaced),
    Paid(OrderPaid),
}

#[derive(CloudEvent)]
enum Any<T> {
    One(T),
}

fn main() {
    let placed = OrderPlaced { total: 1 }.to_event().unwrap();
    let _ = Any::<OrderEvent>::try_from(&placed);
}
