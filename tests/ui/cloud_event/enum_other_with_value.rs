use eventkit::{CloudEvent, Event};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct OrderPlaced {
    total_cents: u64,
}

#[derive(CloudEvent)]
enum OrderEvent {
    Placed(OrderPlaced),
    #[cloudevent(other = "co.outcome.*")]
    Other(Event),
}

fn main() {}
