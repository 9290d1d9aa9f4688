//! Runs handlers of another crate, and makes sure at its start that they are there.
//!
//! A linker leaves out a crate that no code names, and with it the crate's handlers; nothing would
//! complain. So name the crate, and say which handlers the program counts on.

#![forbid(unsafe_code)]

use eventkit::Event;
// Its handlers are linked in; nothing else of it is wanted.
use eventkit_examples as _;
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = eventkit::default_registry();
    // A crate, a module or a function.
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

    // A program would end here with the error; it says how to mend it.
    if let Err(error) = registry.expect(["shop_reports"]) {
        println!("{error}");
    }
    Ok(())
}
