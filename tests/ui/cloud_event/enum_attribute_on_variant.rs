use eventkit::CloudEvent;

#[derive(CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct Placed;

#[derive(CloudEvent)]
enum OrderEvent {
    #[cloudevent(type = "co.outcome.order.placed")]
    Placed(Placed),
}

fn main() {}
