//! The Protobuf, Avro and XML event formats, against themselves and against implementations of
//! others.

mod avro;
mod cases;
mod exchange;
mod peer;
mod protobuf;
mod table;
mod xml;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
