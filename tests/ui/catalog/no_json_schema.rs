use eventkit::CloudEvent;
use eventkit_catalog::Catalog;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct OrderPlaced {
    order_id: String,
}

fn main() {
    let _ = Catalog::builder("Shop", "1.0.0").events::<OrderPlaced>();
}
