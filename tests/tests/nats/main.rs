//! NATS: the protocol binding, and the transport on servers of its own.

mod binding;
mod transport;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
