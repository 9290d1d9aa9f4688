use eventkit::{CloudEvent, Event, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced;

fn ship(_order: &OrderPlaced) {}

static LIST: [&eventkit::Handler; 1] = eventkit::handlers![ship];

fn main() {
    let _ = Event::builder;
}
