//! Runs the handlers of another crate, and checks at startup that they are linked in.
//!
//! A linker omits a crate that no code refers to, together with its handlers and without a warning.
//! So refer to the crate, and list the handlers that the program expects.

#![forbid(unsafe_code)]

use eventkit::Event;
// Links the crate for its handlers.
use eventkit_examples as _;
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = eventkit::default_registry();
    // Each path is a crate, a module or a function.
    registry.expect([
        "eventkit_examples",
        "eventkit_examples::invoicing::write_invoice",
    ])?;
    registry
        .handlers()
        .for_each(|handler| println!("linked in: {}", handler.name()));

    let event = Event::builder()
        .source("/shop/orders")
        .ty("co.outcome.order.placed")
        .data_json(&json!({ "order_id": "A-1", "total_cents": 1250 }))?
        .build()?;
    eventkit::dispatch(&event)?;

    // A program would exit with this error, which says how to fix it.
    if let Err(error) = registry.expect(["shop_reports"]) {
        println!("{error}");
    }
    Ok(())
}
