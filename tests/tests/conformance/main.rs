//! Conformance: the rules of the specification, properties of all events, and the tests of
//! transports.

mod features;
mod fuzz_corpus;
mod properties;
mod spec_edge_cases;
mod specification;
mod transports;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
