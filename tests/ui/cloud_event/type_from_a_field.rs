use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, eventkit::CloudEvent)]
#[cloudevent(source = "/shop/orders")]
struct OrderChanged {
    #[cloudevent(type)]
    change: String,
    order_id: String,
}

fn main() {}
