use eventkit::{CloudEvent, Event, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced;

struct Region;

#[handles]
fn ship(_order: &OrderPlaced, #[extension("region")] _region: Region) {}

fn main() {
    let _ = Event::builder;
}
