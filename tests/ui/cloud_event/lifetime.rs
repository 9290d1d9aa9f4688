use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed")]
struct OrderPlaced<'a> {
    customer: &'a str,
}

fn main() {}
