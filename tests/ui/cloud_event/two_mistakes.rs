use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(typ = "co.outcome.order.placed", source = "not a uri")]
struct OrderPlaced {
    #[cloudevent(sujbect)]
    customer: String,
}

// What the type gives is there all the same.
fn sent(order: &OrderPlaced) -> &'static str {
    let _ = (eventkit::Event::try_from(order), OrderPlaced::SOURCE);
    OrderPlaced::TYPE
}

fn main() {}
