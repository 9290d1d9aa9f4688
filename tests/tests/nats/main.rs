//! NATS: the protocol binding, and the transport on servers of its own.

mod binding;
mod transport;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
