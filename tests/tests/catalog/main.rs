//! The catalog: AsyncAPI, schemas, graph, page and schema lock.

#![expect(
    clippy::needless_pass_by_value,
    clippy::unused_async,
    reason = "handlers take events and are async as those of users do, and builders of JSON take values"
)]

mod asyncapi;
mod browser;
mod contents;
mod graph;
mod hostile;
mod lock;
mod page;
mod router;
mod schemas;
mod session;
mod shop;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
