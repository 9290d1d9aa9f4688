use eventkit::{CloudEvent, Event, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s")]
struct OrderPlaced;

struct Invoice;

#[handles]
async fn pay(_invoice: Invoice) {}

fn main() {
    let _ = Event::builder;
}
