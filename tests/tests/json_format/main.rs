//! The JSON event format and the JSON batch format.

mod batch;
mod data;
mod encode;
mod encode_typed;
mod formats;
mod hostile;
mod members;
mod mutations;
mod numbers;
mod typed;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
