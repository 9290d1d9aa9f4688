//! The documented extensions as types.

mod events;
mod tracing;
mod values;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
