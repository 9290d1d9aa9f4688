use eventkit::CloudEvent;
use serde::Deserialize;

#[derive(Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct OrderPlaced {
    total_cents: u64,
}

fn main() {}
