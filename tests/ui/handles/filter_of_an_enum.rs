use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s", priority = 1)]
struct OrderPlaced {
    total: u32,
}

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.paid", source = "/s")]
struct OrderPaid;

#[derive(CloudEvent)]
enum OrderEvent {
    Placed(OrderPlaced),
    Paid(OrderPaid),
}

#[handles(filter = "priority > 3")]
fn review(_order: &OrderEvent) {}

fn main() {}
