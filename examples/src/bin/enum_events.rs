//! Handles a closed set of event types as one enum.

#![forbid(unsafe_code)]

use eventkit::{CloudEvent, Event, handles};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    order_id: String,
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.cancelled", source = "/shop/orders")]
struct OrderCancelled {
    order_id: String,
    reason: String,
}

#[derive(Debug, CloudEvent)]
enum OrderEvent {
    Placed(OrderPlaced),
    Cancelled(OrderCancelled),
}

// Handles every type of the enum. A forgotten variant does not compile.
#[handles]
fn keep_timeline(event: &OrderEvent) {
    match event {
        OrderEvent::Placed(order) => println!("{} was placed", order.order_id),
        OrderEvent::Cancelled(order) => {
            println!("{} was cancelled: {}", order.order_id, order.reason);
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("handles {}", OrderEvent::TYPES.join(" and "));

    // The handler takes the struct, the enum and the envelope.
    let placed = OrderPlaced {
        order_id: "A-1".to_owned(),
    };
    eventkit::dispatch(&placed)?;
    eventkit::dispatch(&OrderEvent::Placed(placed))?;
    let cancelled: Event = Event::builder()
        .source("/shop/orders")
        .ty("co.outcome.order.cancelled")
        .data_json(&OrderCancelled {
            order_id: "A-1".to_owned(),
            reason: "changed my mind".to_owned(),
        })?
        .build()?;
    eventkit::dispatch(&cancelled)?;

    // The event type determines the variant that an envelope is decoded as.
    let event = OrderEvent::try_from(&cancelled)?;
    println!("{event:?}");
    Ok(())
}
