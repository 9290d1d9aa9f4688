//! RabbitMQ: the transport on brokers of its own.

mod node;
mod transport;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
