use eventkit::CloudEvent;
use serde::Serialize;

#[derive(Serialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
