use eventkit::CloudEvent;

#[derive(CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct Placed;

#[derive(CloudEvent)]
#[cloudevent(type = "co.outcome.order.paid")]
struct Paid;

#[derive(CloudEvent)]
enum OrderEvent {
    Placed(Placed),
    Paid(Paid),
}

#[derive(CloudEvent)]
enum ShopEvent {
    Order(OrderEvent),
}

fn main() {}
