//! Conformance: the rules of the specification, properties of all events, and the promises of transports.

mod features;
mod fuzz_corpus;
mod properties;
mod rules_and_vectors;
mod spec_edge_cases;
mod transports;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
