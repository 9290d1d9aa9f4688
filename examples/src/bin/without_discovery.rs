//! Lists handlers explicitly instead of using discovery.
//!
//! It works with `default-features = false, features = ["macros"]`, and so also where the linker
//! cannot collect handlers: in a static library, on WebAssembly, and under Miri. The handlers are
//! the same functions.

#![forbid(unsafe_code)]

use eventkit::{CloudEvent, Event, Registry, handlers, handles};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    order_id: String,
}

mod shipping {
    use super::OrderPlaced;

    #[super::handles("co.outcome.order.placed")]
    pub(crate) fn ship(order: &OrderPlaced) {
        println!("parcel for {}", order.order_id);
    }
}

#[handles("co.outcome.*")]
fn audit(event: &Event) {
    println!("audit: {}", event.ty());
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new("by hand");
    registry.add(handlers![audit, shipping::ship]);

    let order = OrderPlaced {
        order_id: "A-1".to_owned(),
    };
    let report = registry.dispatch(&order)?;
    println!("{} handlers ran", report.len());
    Ok(())
}
