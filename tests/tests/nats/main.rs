//! The NATS protocol binding, and the transport on real servers.

mod binding;
mod transport;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
