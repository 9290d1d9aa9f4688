use eventkit::CloudEvent;

#[derive(CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct Placed;

#[derive(CloudEvent)]
enum OrderEvent {
    Placed(Placed, u64),
}

fn main() {}
