use eventkit::CloudEvent;

#[derive(CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
union OrderPlaced {
    total_cents: u64,
}

fn main() {}
