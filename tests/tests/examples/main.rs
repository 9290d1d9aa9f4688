//! The examples, run as a user would run them.

mod answers;
mod bank;
mod binaries;
mod chaos_test;
mod orders;
mod programs;
mod readme;
mod shop;
mod visit;
mod watching;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
