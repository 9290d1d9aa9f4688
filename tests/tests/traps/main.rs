//! The traps of the specification, one test per rule and named after it.

mod attributes;
mod data;
mod http;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
