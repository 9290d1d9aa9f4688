use eventkit::CloudEvent;
use eventkit_catalog::Catalog;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct OrderPlaced {
    order_id: String,
}

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.paid", source = "/shop")]
struct OrderPaid {
    order_id: String,
}

#[derive(CloudEvent)]
enum OrderEvent {
    Placed(OrderPlaced),
    Paid(OrderPaid),
}

fn main() {
    let _ = Catalog::builder("Shop", "1.0.0").events::<OrderEvent>();
}
