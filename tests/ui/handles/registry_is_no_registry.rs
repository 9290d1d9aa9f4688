use eventkit::{CloudEvent, Event, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced;

static BILLING: u8 = 0;

#[handles("a.b", registry = BILLING)]
fn audit(_event: &Event) {}

fn main() {
    let _ = Event::builder;
}
