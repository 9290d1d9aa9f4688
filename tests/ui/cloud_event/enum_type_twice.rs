use eventkit::CloudEvent;

#[derive(CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct Placed;

#[derive(CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct PlacedAgain;

#[derive(CloudEvent)]
enum OrderEvent {
    Placed(Placed),
    Again(PlacedAgain),
}

fn main() {}
