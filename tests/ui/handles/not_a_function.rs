use eventkit::{CloudEvent, Event, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced;

#[handles("a.b")]
struct Audit;

fn main() {
    let _ = Event::builder;
}
