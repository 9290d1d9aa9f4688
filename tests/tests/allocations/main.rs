//! Allocations of hostile messages, services and filters.
//!
//! A separate binary, because it replaces the allocator. Each test counts the allocations of its
//! own thread.

mod cascade;
mod filters;
mod hostile_formats;
mod hostile_messages;
mod service;

use eventkit_performance::allocations::WithPeak;

#[global_allocator]
static ALLOCATOR: WithPeak = WithPeak;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
