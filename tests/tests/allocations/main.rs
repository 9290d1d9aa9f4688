//! What hostile messages, services and filters allocate.
//!
//! A binary of its own, since it replaces the allocator. Each test counts for its own thread.

mod cascade;
mod filters;
mod hostile_messages;
mod service;

use eventkit_performance::allocations::WithPeak;

#[global_allocator]
static ALLOCATOR: WithPeak = WithPeak;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
