use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct OrderPlaced {
    #[cloudevent(subject)]
    customer: Vec<Customer>,
    total_cents: u64,
}

#[derive(Serialize, Deserialize)]
struct Customer;

fn main() {}
