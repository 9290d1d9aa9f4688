use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
#[serde(into = "String")]
struct OrderPlaced {
    #[cloudevent(subject)]
    customer: String,
    total_cents: u64,
}

impl From<OrderPlaced> for String {
    fn from(order: OrderPlaced) -> Self {
        order.customer
    }
}

fn main() {}
