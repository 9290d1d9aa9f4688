use eventkit::CloudEvent;

#[derive(CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct Placed;

#[derive(CloudEvent)]
#[cloudevent(type = "co.outcome.order")]
enum OrderEvent {
    Placed(Placed),
}

fn main() {}
