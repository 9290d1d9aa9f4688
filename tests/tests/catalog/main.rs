//! The catalog: AsyncAPI, schemas, graph, page and schema lock.

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
