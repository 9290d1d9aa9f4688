use eventkit::{CloudEvent, Event, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced;

struct Shop;

impl Shop {
    #[handles]
    fn ship(&self, _order: &OrderPlaced) {}
}

fn main() {
    let _ = Event::builder;
}
