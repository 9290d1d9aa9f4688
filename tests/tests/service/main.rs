//! Services on the in-memory transport, mostly in paused time. `threads` runs in real time.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "handlers stand here in every form that users may give them"
)]

mod attempts;
mod attribute;
mod background;
mod circuit_breaker;
mod dead_letters;
mod deliveries;
mod deployments;
mod distant;
mod extremes;
mod faults;
mod harness;
mod health;
mod inbox;
mod layers;
mod memory;
mod order;
mod outgoing;
mod outgoing_ids;
mod resume;
mod retries;
mod returns;
mod setup;
mod shutdown;
mod start;
mod stores;
mod suspects;
mod testing;
mod threads;
mod tracing;
mod values;

use eventkit::Event;

/// Creates an event of a type, distinguished by its id.
fn event(ty: &str, id: impl Into<String>) -> Event {
    let event = Event::builder().source("/tests").ty(ty).id(id).build();
    event.expect("the event should be valid")
}

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
