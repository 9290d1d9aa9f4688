//! The transport on NATS `JetStream`, on servers of its own.
//!
//! Where there is no `nats-server`, the tests fail and say what to do.

mod conformance;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
