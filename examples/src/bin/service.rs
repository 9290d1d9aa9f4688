//! The handlers of the example `shop`, from the same file, in a service.
//!
//! The transport here is in memory. With a broker, only the line `.transport(..)` changes.

#![forbid(unsafe_code)]

#[path = "shop/orders.rs"]
mod orders;
#[path = "shop/state.rs"]
mod state;

use std::time::Duration;

use eventkit::{BoxError, CloudEvent, Dispatcher, Policy};
use eventkit_service::memory::Memory;
use eventkit_service::{DeadLetters, Service, ServiceHandle};

use orders::OrderPlaced;
use state::{Bank, Books};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let books = Books::default();
    let app = Dispatcher::new(eventkit::default_registry())
        .state(books.clone())
        .state(Bank { limit_cents: 5000 })
        .build()?;
    let memory = Memory::new();
    let hasty = Policy::new()
        .attempts(3)
        .initial_delay(Duration::from_millis(10));
    let service = Service::new("shop", &app)
        .transport(memory.clone())
        .policy(hasty)
        .build()?;
    let handle = service.handle();
    let running = tokio::spawn(service.run());

    for (id, cents) in [("A-1", 1250), ("A-2", 999_900)] {
        let order = OrderPlaced {
            order_id: id.to_owned(),
            customer: "ann".to_owned(),
            total_cents: cents,
        };
        let event = order.event_builder()?.id(id).without_time().build()?;
        memory.publish(&event).await?;
    }
    settled(&handle, 8).await;

    let mut lines = books.lines();
    lines.sort();
    println!("{}\n", lines.join("\n"));
    for letter in DeadLetters::new(memory, "shop").list().await? {
        println!("dead letter: {letter}");
    }
    let counters = handle.health().counters();
    println!(
        "{} succeeded, {} retried, {} dead letter",
        counters.succeeded, counters.retried, counters.dead_lettered
    );
    // This is what SIGTERM and ctrl-c do.
    handle.stop();
    let stopped = running.await??;
    println!("released: {}", stopped.released);
    Ok(())
}

/// Waits until a number of events have been settled, counted per handler.
async fn settled(handle: &ServiceHandle, count: u64) {
    loop {
        let counters = handle.health().counters();
        if counters.succeeded + counters.dead_lettered >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
