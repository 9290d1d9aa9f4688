//! The conformance suite of transports, run on the one in memory, and on ones that break promises.

mod broken;
mod memory;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
