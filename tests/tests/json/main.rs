//! The JSON event format, and a comparison of its decoder with a reference.

mod differential;
mod format;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
